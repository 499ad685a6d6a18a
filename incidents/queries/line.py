"""Whether the line is stopped, and what stops it (P38)."""

from django.db.models import QuerySet

from incidents.models import Incident, Stop, StopCriterion
from prepared import prepared


def stop_of(incident: Incident) -> Stop | None:
    """The stop that holds now with who called it, or nothing. One query."""
    return _standing.first(incident.pk)


def criteria_on(signal_id: int) -> list[StopCriterion]:
    """The stop criteria that a signal can trip. One query."""
    return _on_signal(signal_id)


@prepared
def _standing(incident: int) -> "QuerySet[Stop]":
    stops = Stop.objects.filter(incident=incident, resumed_at=None).order_by()
    return stops.select_related("by", "criterion")


@prepared
def _on_signal(signal: int) -> "QuerySet[StopCriterion]":
    return StopCriterion.objects.standing().filter(signal=signal).order_by("pk")
