"""Every promise about one thing: when it was due, whether it was kept, and how late (P45)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet, TextChoices

from deadlines.kinds import kind_named
from deadlines.models import Deadline, State


class Outcome(TextChoices):
    """What became of a promise, or stands of it."""

    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    MISSED = "missed"
    RELEASED = "released"


@dataclass(frozen=True)
class Promise:
    """One promise: ``late_by`` is how long after its time it was kept, let go, or still is owed."""

    id: int
    kind: str
    words: str
    owner: str
    owner_email: str
    due_at: datetime
    outcome: Outcome
    kept_at: datetime | None
    late_by: timedelta | None
    because: str


def deadlines_of(incident_id: int) -> QuerySet[Deadline]:
    """What was ever owed of an incident, the newest first, owners loaded."""
    owed = Deadline.objects.filter(incident_id=incident_id).select_related("owner")
    return owed.order_by("-due_at", "-id")


def promise_at(deadline: Deadline, moment: datetime) -> Promise:
    """How a deadline is judged at ``moment``. No query."""
    end = deadline.settled_at or moment
    late = end - deadline.due_at if end > deadline.due_at else None
    match deadline.state:
        case State.KEPT:
            outcome = Outcome.KEPT if late is None else Outcome.LATE
        case State.RELEASED:
            outcome = Outcome.RELEASED if late is None else Outcome.MISSED
        case _:
            outcome = Outcome.OPEN if late is None else Outcome.MISSED
    return Promise(
        id=deadline.pk,
        kind=deadline.kind,
        words=kind_named(deadline.kind).words,
        owner=deadline.owner.name if deadline.owner else "",
        owner_email=deadline.owner.email if deadline.owner else "",
        due_at=deadline.due_at,
        outcome=outcome,
        kept_at=deadline.settled_at if deadline.state == State.KEPT else None,
        late_by=late,
        because=deadline.settled_reason,
    )
