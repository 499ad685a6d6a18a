"""Changing when and whom reviews and action items of a severity remind, also of what is open."""

from collections.abc import Callable

from deadlines.actions import change_ladders
from deadlines.models import Deadline
from incidents.locking import lock_incidents
from incidents.models import Incident
from postmortems.models import Owed


def change_follow_up(severity: str, *, how: Callable[[], None]) -> None:
    """Let ``how`` write what these ladders are made of; what is open follows at once.

    Locks the incidents of that highest severity that owe something, then what they owe. No step
    that was taken is taken again; one whose moment has passed already reaches its people with the
    next sweep. Inside a transaction only.
    """
    kinds = list(Owed.values)
    owing = Deadline.objects.open().filter(kind__in=kinds).values("incident_id")
    incidents = Incident.objects.filter(highest_severity=severity, pk__in=owing)
    change_ladders(kinds, lock_incidents(incidents), how=how)
