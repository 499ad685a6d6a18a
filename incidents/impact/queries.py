"""The running total of who is blocked (P04)."""

import math
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import QuerySet

from incidents.endstate.models import Signal
from incidents.impact.models import Impact
from incidents.record.models import Incident
from prepared import prepared

WHOLE, CENT = Decimal("1"), Decimal("0.01")
COUNTED_WHOLE_FROM = Decimal(100)
ROUNDED_BELOW = Decimal(10) ** 15


def impacts_of(incident: Incident) -> list[Impact]:
    """What is recorded and not removed, signals loaded. One query."""
    return impacts_in(incident.pk)


@prepared
def impacts_in(incident: int) -> "QuerySet[Impact]":
    """What is recorded on an incident and not removed, with the signals it is read from."""
    standing = Impact.objects.standing().filter(incident=incident)
    return standing.select_related("signal").order_by("pk")


def impact_total(impact: Impact, incident: Incident, moment: datetime) -> Decimal:
    """The number at ``moment``: read from its signal, or the amount and its rate since.

    Signal and rate end at mitigation, or with the incident; they run on once work goes back. From
    100 on, and with a rate, people are counted whole. No query when ``signal`` is loaded.
    """
    if (read := read_off(impact, incident)) is not None:
        return read
    if impact.per_minute is None:
        return _rounded(impact.amount)
    end = min(moment, incident.impact_ended_at) if incident.impact_ended_at else moment
    minutes = Decimal(str(max((end - impact.at).total_seconds(), 0))) / 60
    return (impact.amount + impact.per_minute * minutes).quantize(WHOLE, ROUND_HALF_UP)


def read_off(impact: Impact, incident: Incident) -> Decimal | None:
    """The number that the signal of ``impact`` says, or said when the impact ended.

    Nothing without a signal, before its first sample, or for what is no number. Nobody is blocked
    fewer than 0 times. No query when ``signal`` is loaded.
    """
    if impact.signal is None:
        return None
    value = impact.signal.measured
    if incident.impact_ended_at is not None:
        value = impact.value_at_end
    if value is None or not math.isfinite(value):
        return None
    return max(_rounded(Decimal(repr(value))), Decimal(0))


def is_at_least(incident: Incident) -> bool:
    """Whether totals are counted from detection only, since nobody knows when the impact began."""
    return incident.impact_started_at is None


def _rounded(number: Decimal) -> Decimal:
    if abs(number) >= ROUNDED_BELOW:
        return number
    step = WHOLE if abs(number) >= COUNTED_WHOLE_FROM else CENT
    return number.quantize(step, ROUND_HALF_UP)


def impacts_read_from(signal: Signal) -> list[str]:
    """The standing impacts that are read from a signal, in words. One query."""
    impacts = Impact.objects.standing().filter(signal=signal)
    return [f"the impact on {name}" for name in impacts.values_list("journey", flat=True)]
