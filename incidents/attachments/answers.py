"""What the API answers about files."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from api.schema import Answer
from incidents.attachments.models import Attachment
from incidents.attachments.queries import FileView


class FileAnswer(Answer):
    """A file where it stands. Of a withdrawn one only size and ``digest`` are left."""

    id: int
    url: str | None
    name: str
    size: int
    type: str | None
    digest: str
    withdrawn: bool


class AttachmentAnswer(Answer):
    """A file that was brought; ``digest`` is the SHA-256 of what ``url`` answers."""

    id: int
    url: str
    name: str
    size: int
    type: str
    digest: str
    by: str
    at: datetime
    used: bool


def url_of(attachment_id: int) -> str:
    """Where a program reads the file."""
    return f"{settings.BASE_URL}/api/v1/attachments/{attachment_id}"


def file_answers(files: Iterable[FileView]) -> list[FileAnswer]:
    """The files that something carries. No query."""
    return [
        FileAnswer(
            id=one.id,
            url=None if one.is_withdrawn else url_of(one.id),
            name=one.name,
            size=one.size,
            type=None if one.is_withdrawn else one.type,
            digest=one.digest,
            withdrawn=one.is_withdrawn,
        )
        for one in files
    ]


def attachment_answer(attachment: Attachment) -> AttachmentAnswer:
    """A file that was brought; ``by`` is loaded."""
    return AttachmentAnswer.of(
        attachment,
        url=url_of(attachment.pk),
        type=attachment.media_type,
        by=attachment.by.email,
        used=attachment.used_at is not None,
    )
