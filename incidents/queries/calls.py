"""What calls to everybody: a stop, what stops the line, who was not heard, what waits meanwhile.

Read as columns of the incident, so that no query of their own has to fetch them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from incidents.models import (
    Comparator,
    Concern,
    Escalation,
    Incident,
    PausedWork,
    Stop,
    StopCriterion,
)
from prepared import prepared


@dataclass(frozen=True)
class StopView:
    """The stop that holds: who called it (empty: a criterion did), why, since when."""

    by: str
    by_email: str
    reason: str
    at: datetime
    criterion: int | None


@dataclass(frozen=True)
class CriterionView:
    """What makes everybody stop; with a signal it trips by itself."""

    id: int
    text: str
    signal: int | None
    comparator: str
    threshold: float | None
    value: float | None

    @property
    def is_over(self) -> bool:
        """Whether the signal's newest value is beyond the threshold."""
        if self.value is None or self.threshold is None:
            return False
        return Comparator(self.comparator).holds(self.value, self.threshold)


@dataclass(frozen=True)
class EscalationView:
    """One escalation that waits: who, what they say, since when."""

    id: int
    concern: str
    text: str
    by: str
    by_email: str
    by_id: int
    at: datetime

    @property
    def is_doubt(self) -> bool:
        """Whether it is a doubt and not a call for help."""
        return self.concern == Concern.DOUBT


@dataclass(frozen=True)
class PausedView:
    """Side work that waits, or what became of it."""

    id: int
    title: str
    owner: str
    owner_email: str
    url: str
    why: str
    resume_when: str
    at: datetime
    outcome: str
    note: str


@dataclass(frozen=True)
class Calls:
    """All of it for one incident."""

    stop: StopView | None
    criteria: list[CriterionView]
    escalations: list[EscalationView]
    paused: list[PausedView]

    @property
    def waiting(self) -> list[PausedView]:
        """Paused work that nobody settled."""
        return [one for one in self.paused if not one.outcome]


def call_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``calls_in`` finds it in its rows."""
    stop = Stop.objects.filter(incident=OuterRef("pk"), resumed_at=None).order_by()
    criteria = StopCriterion.objects.standing().filter(incident=OuterRef("pk")).order_by("pk")
    paused = PausedWork.objects.filter(incident=OuterRef("pk")).order_by("pk")
    unheard = Escalation.objects.waiting().filter(incident=OuterRef("pk")).order_by("pk")
    return {
        "stop_row": Subquery(
            stop.values(
                row=JSONObject(
                    by="by__name",
                    by_email="by__email",
                    reason="reason",
                    at="at",
                    criterion="criterion_id",
                )
            )[:1]
        ),
        "criteria_rows": ArraySubquery(
            criteria.values(
                row=JSONObject(
                    id="pk",
                    text="text",
                    signal="signal_id",
                    comparator="comparator",
                    threshold="threshold",
                    value="signal__latest_value",
                )
            )
        ),
        "paused_rows": ArraySubquery(
            paused.values(
                row=JSONObject(
                    id="pk",
                    title="title",
                    owner="owner__name",
                    owner_email="owner__email",
                    url="url",
                    why="why",
                    resume_when="resume_when",
                    at="paused_at",
                    outcome="outcome",
                    note="note",
                )
            )
        ),
        "unheard_rows": ArraySubquery(
            unheard.values(
                row=JSONObject(
                    id="pk",
                    concern="concern",
                    text="text",
                    by="by__name",
                    by_email="by__email",
                    by_id="by_id",
                    at="at",
                )
            )
        ),
    }


def calls_in(incident: Any) -> Calls:
    """The calls of an incident that was read with ``call_columns``."""
    return Calls(
        stop=_stop(incident.stop_row),
        criteria=[CriterionView(**row) for row in incident.criteria_rows],
        escalations=[EscalationView(**_timed(row)) for row in incident.unheard_rows],
        paused=[PausedView(**_timed(row)) for row in incident.paused_rows],
    )


def calls_of(incident: Incident) -> Calls:
    """The same for an incident at hand. One query."""
    return calls_in(_with_calls.first(incident.pk))


@prepared
def _with_calls(incident: int) -> "QuerySet[Incident]":
    return Incident.objects.filter(pk=incident).order_by().annotate(**call_columns())


def _timed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "at": datetime.fromisoformat(row["at"])}


def _stop(row: Mapping[str, Any] | None) -> StopView | None:
    if row is None:
        return None
    return StopView(
        by=row["by"] or "",
        by_email=row["by_email"] or "",
        reason=row["reason"],
        at=datetime.fromisoformat(row["at"]),
        criterion=row["criterion"],
    )
