"""Whether the line is stopped, and what stops it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from incidents.endstate.models import Comparator, Signal
from incidents.line.models import Stop, StopCriterion
from incidents.record.columns import row_of, rows_of
from incidents.record.models import Incident
from prepared import prepared


def stop_of(incident: Incident) -> Stop | None:
    """The stop that holds now with who called it, or nothing. One query."""
    return _standing.first(incident.pk)


def criteria_on(signal_id: int) -> list[StopCriterion]:
    """The stop criteria that a signal can trip. One query."""
    return _on_signal(signal_id)


def criteria_in_use_of(signal: Signal) -> list[str]:
    """The standing stop criteria on a signal, in words. One query."""
    return [f"the stop criterion “{one.text}”" for one in criteria_on(signal.pk)]


@prepared
def _standing(incident: int) -> "QuerySet[Stop]":
    stops = Stop.objects.filter(incident=incident, resumed_at=None).order_by()
    return stops.select_related("by", "criterion")


@prepared
def _on_signal(signal: int) -> "QuerySet[StopCriterion]":
    return StopCriterion.objects.standing().filter(signal=signal).order_by("pk")


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


def line_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with, for ``stop_in`` and ``criteria_in``."""
    stop = Stop.objects.filter(incident=OuterRef("pk"), resumed_at=None).order_by()
    criteria = StopCriterion.objects.standing().filter(incident=OuterRef("pk")).order_by("pk")
    return {
        "stop_row": Subquery(
            stop.values(
                row=row_of(
                    *("reason", "at"),
                    by="by__name",
                    by_email="by__email",
                    criterion="criterion_id",
                )
            )[:1]
        ),
        "criteria_rows": rows_of(
            criteria,
            *("id", "text", "comparator", "threshold"),
            signal="signal_id",
            value="signal__latest_value",
        ),
    }


def stop_in(incident: Any) -> StopView | None:
    """The stop that holds on an incident that was read with ``line_columns``."""
    row = incident.stop_row
    if row is None:
        return None
    return StopView(
        by=row["by"] or "",
        by_email=row["by_email"] or "",
        reason=row["reason"],
        at=datetime.fromisoformat(row["at"]),
        criterion=row["criterion"],
    )


def criteria_in(incident: Any) -> list[CriterionView]:
    """What stops the line of an incident that was read with ``line_columns``."""
    return [CriterionView(**row) for row in incident.criteria_rows]


@prepared
def with_line(incident: int) -> "QuerySet[Incident]":
    """The incident with its stop and its stop criteria."""
    return Incident.objects.filter(pk=incident).order_by().annotate(**line_columns())
