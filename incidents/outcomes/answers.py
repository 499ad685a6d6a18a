"""What the API answers about the commander's words on changes."""

from datetime import datetime

from api.schema import Answer
from incidents.changes.models import (
    Go,
    SecondChange,
)


class GoAnswer(Answer):
    """The commander's go after a surprise."""

    id: int
    reason: str
    by: str
    at: datetime


class SecondChangeAnswer(Answer):
    """The commander's word for one more change at once; ``used_by`` is the one that took it."""

    id: int
    reason: str
    by: str
    at: datetime
    used_by: int | None


def go_answer(go: Go) -> GoAnswer:
    """A go; ``by`` is loaded."""
    return GoAnswer(id=go.pk, reason=go.reason, by=go.by.email, at=go.at)


def second_change_answer(allowed: SecondChange) -> SecondChangeAnswer:
    """The word for a second change; ``by`` is loaded."""
    return SecondChangeAnswer(
        id=allowed.pk,
        reason=allowed.reason,
        by=allowed.by.email,
        at=allowed.at,
        used_by=allowed.used_by_id,
    )
