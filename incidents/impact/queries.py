"""The running total of who is blocked (P04)."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import QuerySet

from incidents.endstate.models import Signal
from incidents.impact.models import Impact
from incidents.record.models import Incident
from prepared import prepared

WHOLE, CENT = Decimal("1"), Decimal("0.01")
COUNTED_WHOLE_FROM = Decimal(100)


def impacts_of(incident: Incident) -> list[Impact]:
    """What is recorded and not removed, signals loaded. One query."""
    return _standing(incident.pk)


@prepared
def _standing(incident: int) -> "QuerySet[Impact]":
    standing = Impact.objects.standing().filter(incident=incident)
    return standing.select_related("signal").order_by("pk")


def impact_total(impact: Impact, incident: Incident, moment: datetime) -> Decimal:
    """The number at ``moment``: read from its signal, or the amount and its rate since.

    The rate ends at mitigation, or with the incident; it runs on once work goes back. From 100
    on, and with a rate, people are counted whole. No query when ``signal`` is loaded.
    """
    if impact.signal is not None and impact.signal.latest_value is not None:
        return _rounded(Decimal(str(impact.signal.latest_value)))
    if impact.per_minute is None:
        return _rounded(impact.amount)
    end = min(moment, incident.impact_ended_at) if incident.impact_ended_at else moment
    minutes = Decimal(str(max((end - impact.at).total_seconds(), 0))) / 60
    return (impact.amount + impact.per_minute * minutes).quantize(WHOLE, ROUND_HALF_UP)


def is_at_least(incident: Incident) -> bool:
    """Whether totals are counted from detection only, since nobody knows when the impact began."""
    return incident.impact_started_at is None


def _rounded(number: Decimal) -> Decimal:
    step = WHOLE if abs(number) >= COUNTED_WHOLE_FROM else CENT
    return number.quantize(step, ROUND_HALF_UP)


def impacts_read_from(signal: Signal) -> list[str]:
    """The standing impacts that are read from a signal, in words. One query."""
    impacts = Impact.objects.standing().filter(signal=signal)
    return [f"the impact on {name}" for name in impacts.values_list("journey", flat=True)]
