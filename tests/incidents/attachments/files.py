"""Pictures and files as people bring them, made here: nothing of them lies in the repository."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from incidents.attachments.actions import add_attachment
from incidents.attachments.models import Attachment
from incidents.attachments.reading import read_file
from incidents.record.models import Incident
from people.models import User

SECRET_PLACE = b"Back office, floor 7"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **how: Any) -> bytes:
    """A picture, red on the left and blue on the right."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def photograph(orientation: int = 6) -> bytes:
    """A JPEG that was held sideways, and that says where."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET_PLACE.decode()
    return picture("JPEG", (60, 40), exif=exif, comment=SECRET_PLACE)


def brought(
    incident: Incident, by: User, name: str = "graph.png", content: bytes | None = None
) -> Attachment:
    """A file of the incident, through the action."""
    return add_attachment(incident, by=by, file=read_file(name, content or picture()))


def send(
    caller: Any, ref: str, name: str, content: bytes, *, field: str = "file", **headers: str
) -> Any:
    """What the API answers to a file of ``caller``, a program."""
    return Client().post(
        f"/api/v1/incidents/{ref}/attachments",
        {field: SimpleUploadedFile(name, content)},
        headers={"Authorization": f"Bearer {caller.secret}", **headers},
    )
