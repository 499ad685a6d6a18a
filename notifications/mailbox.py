"""Reading the mails that became files because no mail server is set (the demo's mailbox)."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

SEPARATOR = b"\n" + b"-" * 79 + b"\n"
"""What Django's file backend writes between two messages of one connection."""
NEWEST_FILES = 200


@dataclass(frozen=True)
class StoredMail:
    """One mail as its reader would see it, plain text only."""

    at: datetime
    to: str
    subject: str
    text: str


def is_kept() -> bool:
    """Whether mails become files: there is no ``EMAIL_URL``."""
    return settings.EMAIL_BACKEND == "django.core.mail.backends.filebased.EmailBackend"


def newest_mails(limit: int = 100) -> list[StoredMail]:
    """The newest mails on file, newest first. What cannot be read is left out."""
    try:
        files = sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"), key=lambda path: path.name)
    except OSError:
        return []
    mails: list[StoredMail] = []
    for path in files[-NEWEST_FILES:]:
        try:
            content = path.read_bytes()
        except OSError:
            continue
        mails += [_read(part) for part in content.split(SEPARATOR) if part.strip()]
    return sorted(mails, key=lambda mail: mail.at, reverse=True)[:limit]


def _read(content: bytes) -> StoredMail:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    try:
        at = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError):
        at = datetime.min.replace(tzinfo=UTC)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return StoredMail(
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=str(text).strip(),
    )
