"""What is taken, and what is kept of it (P65): by its bytes, whatever it is called."""

from io import BytesIO
from struct import pack
from zlib import compress, crc32

import pytest
from PIL import Image

from incidents.attachments.reading import LARGEST, NAME_LIMIT, read_file, read_name
from incidents.attachments.redrawing import MOST_DOTS, SMALL_BYTES
from refusals.errors import Refused
from tests.incidents.attachments.files import SECRET_PLACE, photograph, picture

PDF = b"%PDF-1.7\n%%EOF\n"
TAKEN = [
    ("graph.png", picture("PNG"), "image/png"),
    ("graph.jpg", picture("JPEG"), "image/jpeg"),
    ("graph.gif", picture("GIF"), "image/gif"),
    ("graph.webp", picture("WEBP"), "image/webp"),
    ("graph", picture("PNG"), "image/png"),
    ("report.pdf", PDF, "application/pdf"),
    ("gateway.log", b"03:02 502\n", "text/plain"),
    ("gateway.log.1", b"03:02 \x1b[31m502\x1b[0m\n", "text/plain"),
    ("notes", "naïve ☂".encode(), "text/plain"),
    ("rows.csv", b"a;b\r\n1;2\r\n", "text/csv"),
    ("rows.CSV", b"\xef\xbb\xbfa;b\r\n", "text/csv"),
    ("state.json", b'{"a": [1]}', "application/json"),
]


@pytest.mark.parametrize(("name", "content", "kind"), TAKEN)
def test_p65_pictures_pdf_text_csv_and_json_are_taken(name: str, content: bytes, kind: str) -> None:
    kept = read_file(name, content)
    assert (kept.name, kept.media_type) == (name, kind)
    if kind.startswith("image/"):
        assert kept.small is not None
        with Image.open(BytesIO(kept.content)) as whole, Image.open(BytesIO(kept.small)) as small:
            assert (whole.size, small.size, small.format) == ((40, 30), (40, 30), "WEBP")
    else:
        assert (kept.content, kept.small) == (content, None)


def png_that_says(width: int, height: int) -> bytes:
    """A PNG whose header promises so many dots, in a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + name + data + pack(">I", crc32(name + data))

    header = pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = chunk(b"IDAT", compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


REFUSED = [
    ("empty.txt", b""),
    ("page.html", b"<script>alert(1)</script>"),
    ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("graph.svg", picture()),
    ("graph.html", picture()),
    ("graph.pdf", picture()),
    ("graph.png", b"<html><script>alert(1)</script>"),
    ("graph.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("graph.png", PDF),
    ("report.txt", PDF),
    ("run.sh", b"#!/bin/sh\n"),
    ("run.exe", b"MZ\x90\x00"),
    ("archive.zip", b"PK\x03\x04"),
    ("notes.txt", b"\xff\xfea\x00"),
    ("notes.txt", b"nul \x00"),
    ("notes.txt", "naïve".encode("latin-1")),
    ("state.json", b"{a: 1}"),
    ("state.json", b"[" * 100_000),
    ("cut.png", picture()[:60]),
    ("cut.jpg", picture("JPEG")[:200]),
    ("header.gif", b"GIF89a"),
    ("header.webp", b"RIFF\x04\x00\x00\x00WEBP"),
    ("bomb.png", png_that_says(8_000, 5_001)),
    ("bomb.png", png_that_says(65_000, 65_000)),
    ("bomb.png", png_that_says(2**31 - 1, 2**31 - 1)),
]


@pytest.mark.parametrize(("name", "content"), REFUSED)
def test_p65_whatever_else_it_is_or_says_it_is_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_file(name, content)
    assert (refused.value.code, refused.value.status) == ("unsupported_file", 422)


def test_a_picture_of_too_many_dots_is_refused_by_its_header() -> None:
    with pytest.raises(Refused, match="40 million dots"):
        read_file("bomb.png", png_that_says(8_000, MOST_DOTS // 8_000 + 1))
    # One dot fewer is judged by its bytes, which here are too few.
    with pytest.raises(Refused, match="cannot be read"):
        read_file("bomb.png", png_that_says(8_000, MOST_DOTS // 8_000))


def test_p65_a_picture_is_turned_and_keeps_nothing_that_it_said_beside_its_dots() -> None:
    content = photograph()
    assert SECRET_PLACE in content
    kept = read_file("photo.jpg", content)
    with Image.open(BytesIO(kept.content)) as whole:
        # It lay on its side; turned, it stands, and the red half is above.
        assert whole.size == (40, 60)
        assert (dict(whole.getexif()), whole.info.get("comment")) == ({}, None)
        red, _, blue = whole.convert("RGB").getpixel((20, 5))  # type: ignore[misc]
        assert red > 200 > blue
    assert SECRET_PLACE not in kept.content + (kept.small or b"")


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_p65_no_format_keeps_its_metadata(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET_PLACE.decode()
    how = {"comment": SECRET_PLACE} if kind == "GIF" else {"exif": exif}
    content = picture(kind, **how)
    assert SECRET_PLACE in content
    kept = read_file("graph", content)
    assert SECRET_PLACE not in kept.content + (kept.small or b"")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_pictures_of_every_mode_are_read(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new(mode, (20, 20))
    out = BytesIO()
    image.save(out, kind)
    assert read_file("graph", out.getvalue()).media_type == f"image/{kind.lower()}"


def test_what_shows_through_still_does() -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    out = BytesIO()
    image.save(out, "PNG", transparency=1)
    kept = read_file("graph.png", out.getvalue())
    for content in (kept.content, kept.small or b""):
        with Image.open(BytesIO(content)) as read:
            assert read.convert("RGBA").getpixel((3, 3))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_is_kept(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    kept = read_file("moving", out.getvalue())
    with Image.open(BytesIO(kept.content)) as read:
        assert getattr(read, "n_frames", 1) == 1
        red, green, blue = read.convert("RGB").getpixel((10, 10))  # type: ignore[misc]
        assert red > 200 > green + blue


def test_a_large_picture_has_a_small_one_for_slow_lines() -> None:
    noise = Image.effect_noise((2400, 1800), 120).convert("RGB")
    out = BytesIO()
    noise.save(out, "JPEG", quality=80)
    kept = read_file("noise.jpg", out.getvalue())
    assert kept.small is not None
    assert len(kept.small) <= SMALL_BYTES < len(kept.content) <= LARGEST
    with Image.open(BytesIO(kept.small)) as small:
        assert max(small.size) == 640


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\maya\\graph.png", "graph.png"),
        ("a\u202egnp.exe\u202c.png", "agnp.exe.png"),
        ("a\nb\tc.txt", "a b c.txt"),
        ("a\x00b.txt", "ab.txt"),
        ('quo"te; filename=x.html', 'quo"te; filename=x.html'),
        ("", "file"),
        (" \u200b ", "file"),
        ("ü☂.png", "ü☂.png"),
        ("x" * 300 + ".png", "x" * (NAME_LIMIT - 4) + ".png"),
    ],
)
def test_a_name_is_one_line_without_a_path(sent: str, kept: str) -> None:
    assert read_name(sent) == kept
