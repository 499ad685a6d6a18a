"""What of a war room is still as it was when it was read before, by the marks of its rows.

Somebody adds a note, and of the war room only the record is another: the board, its changes, the
roster and the rest are kept as they were read, and the database is asked for what differs.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import OuterRef, Q, QuerySet

from incidents.agents.models import AgentNote, Draft
from incidents.cards.models import Card
from incidents.changes.models import Change, Snapshot
from incidents.endstate.models import Signal
from incidents.escalations.models import Escalation
from incidents.hypotheses.models import Evidence, Hypothesis
from incidents.impact.models import Impact
from incidents.line.models import Stop, StopCriterion
from incidents.obligations.models import Obligation
from incidents.record.models import RoleAssignment
from incidents.sidework.models import PausedWork
from incidents.updates.models import Question, Update
from people.models import User
from prepared.marks import Mark

T = TypeVar("T")

#: Names of people who never were on the incident and asked nothing, of tokens and of templates are
#: this old at most; all else is as it is.
WHOLE_S = 30.0

OF_INCIDENT = (
    *(AgentNote, Card, Change, Draft, Escalation, Hypothesis, Impact, Obligation, PausedWork),
    *(Question, RoleAssignment, Signal, Stop, StopCriterion, Update),
)
"""What has its incident in the row."""


def _name(model: Any) -> str:
    return str(model._meta.model_name)


def _rows() -> "dict[str, QuerySet[Any]]":
    """By name, the rows of the incident a query stands at."""
    incident = OuterRef("pk")
    # The rows of people stand between these and the incident.
    seated = RoleAssignment.objects.filter(incident=OuterRef(incident)).values("person")
    asked = Question.objects.filter(incident=OuterRef(incident)).values("by")
    return {
        **{_name(model): model._base_manager.filter(incident=incident) for model in OF_INCIDENT},
        _name(Snapshot): Snapshot._base_manager.filter(change__incident=incident),
        _name(Evidence): Evidence._base_manager.filter(hypothesis__incident=incident),
        _name(User): User._base_manager.filter(Q(pk__in=seated) | Q(pk__in=asked)),
    }


PARTS: Mapping[str, tuple[Any, ...]] = {
    "signals": (Signal,),
    "cards": (Card, User),
    "seats": (RoleAssignment, User),
    "ever": (RoleAssignment, User),
    "last_update": (Update, Question, User),
    "updates": (Update, Question, User),
    "questions": (Question, User),
    "people": (User,),
    "impacts": (Impact, Signal),
    "changes": (Change, Snapshot, Card, Hypothesis, User),
    "attention": (
        *(AgentNote, Draft, Escalation, Evidence, Hypothesis, Obligation, PausedWork, Signal),
        *(Stop, StopCriterion, Update, User),
    ),
}
"""By part of the war room, the rows it is read from, and those of the people it names."""


def mark_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``Kept`` finds the marks in its rows."""
    return {f"mark_{name}": Mark(rows) for name, rows in _rows().items()}


@dataclass
class Kept:
    """What one reading of a war room found, by part, each with what it was made from."""

    marks: Mapping[str, str]
    whole_at: float
    """When all of it was read, on the process's own clock."""
    older: "Mapping[str, tuple[Any, Any]]"
    """What the reading before found, which this one may keep."""
    found: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, incident: Any, before: "Kept | None") -> "Kept":
        """Nothing yet, of an incident that was read with ``mark_columns``."""
        marks = {name: getattr(incident, f"mark_{name}") for name in NAMES}
        if before is None:
            return cls(marks, time.monotonic(), {})
        return cls(marks, before.whole_at, before.found)

    @property
    def is_young(self) -> bool:
        """Whether what has no mark may still be as it was."""
        return time.monotonic() - self.whole_at < WHOLE_S

    def key(self, *parts: str) -> tuple[str, ...]:
        """The marks of everything these parts are read from."""
        return tuple(self.marks[_name(model)] for part in parts for model in PARTS[part])

    def part(self, name: str, read: Callable[[], T]) -> T:
        """A part as it was read before where its rows have the same marks, else as read now."""
        return self.by(name, self.key(name), read)

    def by(self, name: str, key: Any, make: Callable[[], T]) -> T:
        """What was made before from an equal ``key``, else what is made now."""
        before = self.older.get(name)
        value: T = before[1] if before is not None and before[0] == key else make()
        self.found[name] = (key, value)
        return value

    def done(self) -> None:
        """Let go of the reading before."""
        self.older = {}


NAMES = tuple(_rows())
