"""When something of an incident may have happened, recorded at once or afterwards."""

from datetime import datetime, timedelta

from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Greatest

from clock.moments import SKEW
from incidents.record.models import Incident
from pages.moments import happened
from refusals.errors import Invalid

LONGEST = timedelta(days=5 * 366)
"""How far a time may lie from the declaration: what is further away is a typing mistake."""
OLDEST = timedelta(days=20 * 366)
"""How long ago something happened at most that is recorded now."""
TOO_FAR = "That is over five years from the declaration."


def check_near(field: str, at: datetime | None, declared_at: datetime) -> None:
    """Refuse (``Invalid``, naming ``field``) a time that can have nothing to do with it."""
    if at is not None and abs(at - declared_at) > LONGEST:
        raise Invalid({field: TOO_FAR})


def read_occurred(incident: Incident, at: datetime | None, moment: datetime) -> datetime | None:
    """When something of ``incident`` happened that is recorded at ``moment``; nothing stays so.

    What a clock may be wrong by is let pass at both ends, and clamped: five minutes ahead, half a
    minute before the declaration. Raises ``Invalid`` for more.
    """
    at = happened("occurred_at", at, moment)
    if at is None or at >= incident.declared_at:
        return at
    if at < incident.declared_at - SKEW:
        raise Invalid({"occurred_at": "That is before the incident was declared."})
    return incident.declared_at


def not_before_it_began(moment: datetime) -> Greatest:
    """``moment`` as the end of a row that has ``started_at``: nothing ends before it began."""
    return Greatest(F("started_at"), Value(moment, output_field=DateTimeField()))
