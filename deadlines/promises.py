"""Every promise about one thing: when it was due, whether it was kept, and how late (P45)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet, TextChoices

from deadlines.kinds import kind_named
from deadlines.models import Deadline, State
from notifications.models import Delivery
from notifications.models import State as Sending


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


@dataclass(frozen=True)
class Heard:
    """One step of a ladder that reached people: when it left, who heard, who was not told and why.

    ``at`` is when the first of its messages left, or is due to.
    """

    step: str
    at: datetime
    people: tuple[str, ...]
    untold: tuple[str, ...]


def heard_of(incident_id: int, deadlines: Collection[Deadline]) -> dict[int, list[Heard]]:
    """By deadline: the steps of its ladder that told somebody, the first first. One query.

    What nobody needs any more is forgotten after a while (``docs/operations.md``).
    """
    sources = {one.source: one.pk for one in deadlines}
    rows = Delivery.objects.filter(incident_id=incident_id, source__in=sources)
    told: defaultdict[tuple[int, str], list[tuple[datetime, str, str]]] = defaultdict(list)
    for source, step, state, due_at, sent_at, why, name, address in rows.order_by(
        "due_at", "id"
    ).values_list(
        *("source", "step", "state", "due_at", "sent_at", "cancelled_reason"),
        *("person__name", "address"),
    ):
        untold = why or state if state in (Sending.CANCELLED, Sending.EXPIRED, Sending.DEAD) else ""
        told[sources[source], step].append((sent_at or due_at, name or address, untold))
    found: dict[int, list[Heard]] = {}
    for (pk, step), said in sorted(told.items(), key=lambda one: one[1][0][0]):
        people = dict.fromkeys(name for _, name, untold in said if not untold)
        missed = {name: untold for _, name, untold in said if untold and name not in people}
        found.setdefault(pk, []).append(
            Heard(
                step=step.replace("_", " "),
                at=min(at for at, _, _ in said),
                people=tuple(people),
                untold=tuple(f"{name}: {untold}" for name, untold in missed.items()),
            )
        )
    return found


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
