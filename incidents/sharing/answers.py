"""What the API answers about share links; the address only once, to whoever makes one."""

from datetime import datetime

from api.schema import Answer
from incidents.sharing.models import ShareLink
from people.answers import email_of


class ShareLinkAnswer(Answer):
    """A link that opens, without its address."""

    id: int
    incident: str
    by: str | None
    created_at: datetime
    expires_at: datetime


class NewShareLinkAnswer(ShareLinkAnswer):
    """A link that was just made: ``url`` is shown this once."""

    url: str


def link_answer(link: ShareLink, ref: str) -> ShareLinkAnswer:
    """A link; who made it is loaded."""
    return ShareLinkAnswer(
        id=link.pk,
        incident=ref,
        by=email_of(link.by),
        created_at=link.created_at,
        expires_at=link.expires_at,
    )
