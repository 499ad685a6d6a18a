"""What is recorded afterwards: when it really happened, within the life of its incident."""

from datetime import datetime

from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Greatest

from clock.moments import SKEW
from incidents.record.models import Incident
from pages.moments import happened
from refusals.errors import Invalid


def read_occurred(incident: Incident, at: datetime | None, moment: datetime) -> datetime | None:
    """When something of ``incident`` happened that is recorded at ``moment``; nothing stays so.

    A clock that is wrong by half a minute is let pass at both ends, and clamped. Raises ``Invalid``
    for the future, and for what lies before the declaration.
    """
    at = happened("occurred_at", at, moment, ahead=SKEW)
    if at is None or at >= incident.declared_at:
        return at
    if at < incident.declared_at - SKEW:
        raise Invalid({"occurred_at": "That is before the incident was declared."})
    return incident.declared_at


def not_before_it_began(moment: datetime) -> Greatest:
    """``moment`` as the end of a row that has ``started_at``: nothing ends before it began."""
    return Greatest(F("started_at"), Value(moment, output_field=DateTimeField()))
