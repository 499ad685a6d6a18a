"""Writes a picture anew without anything that it carried beside its dots; all that needs Pillow."""

from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from incidents.attachments.pictures import Picture
from refusals.errors import UnsupportedFile

MOST_DOTS = 40_000_000
SMALL_SIDE = 640
SMALL_BYTES = 200 * 1024
"""What pages show of a picture is at most so large, for readers on a slow line."""
FORMATS = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
#: How each format is written; the quality that eyes cannot tell from the picture.
WRITES = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 92},
    "GIF": {},
    "WEBP": {"quality": 92},
}
MODES = {
    "PNG": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"},
    "JPEG": {"L", "RGB"},
    "GIF": {"1", "L", "P", "RGB", "RGBA"},
    "WEBP": {"RGB", "RGBA"},
}


def redraw(content: bytes) -> Picture:
    """The picture turned as it is meant to be seen, and the small one; see ``read_picture``."""
    try:
        with Image.open(BytesIO(content), formats=[*FORMATS]) as opened:
            kind = opened.format or ""
            _check_dots(opened)
            picture = ImageOps.exif_transpose(opened)
    except UnsupportedFile:
        raise
    except Exception as error:
        if isinstance(error, Image.DecompressionBombError):
            raise _too_many_dots() from error
        raise UnsupportedFile(
            "The picture cannot be read. Save it as PNG and send that."
        ) from error
    picture = _in_mode(picture, kind)
    whole = BytesIO()
    picture.save(whole, kind, **WRITES[kind])
    return Picture(FORMATS[kind], whole.getvalue(), _small(picture))


def _check_dots(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_DOTS:
        raise _too_many_dots()


def _too_many_dots() -> UnsupportedFile:
    return UnsupportedFile(
        f"A picture has at most {MOST_DOTS // 10**6} million dots. Send a smaller one.",
    )


def _in_mode(picture: Image.Image, kind: str) -> Image.Image:
    """The picture in colours that its format writes, with nothing beside its dots."""
    see_through: dict[Any, Any] = {
        name: value for name, value in picture.info.items() if name == "transparency"
    }
    picture.load()
    if picture.mode not in MODES[kind]:
        has_alpha = picture.mode in ("PA", "LA", "RGBa", "La") or bool(see_through)
        picture = picture.convert("RGBA" if has_alpha and kind != "JPEG" else "RGB")
        see_through = {}
    picture.info = see_through if picture.mode in ("P", "L", "RGB", "1") else {}
    return picture


def _small(picture: Image.Image) -> bytes:
    small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    for quality in (80, 60, 40, 20, 5):
        out = BytesIO()
        small.save(out, "WEBP", quality=quality)
        if out.tell() <= SMALL_BYTES:
            break
    return out.getvalue()
