"""Changing the ladder of a severity, also under the promises that are open."""

from collections.abc import Callable

from deadlines.actions import change_ladders
from incidents.cadence.deadlines import UpdatePromise
from incidents.record.locking import lock_incidents
from incidents.record.models import Incident


def change_ladder(severity: str, *, how: Callable[[], None]) -> None:
    """Let ``how`` write what the ladder of ``severity`` is made of; open promises follow at once.

    Locks the open incidents of that severity, then their promises. No step that was taken is taken
    again; a step whose moment has passed already reaches its people with the next sweep. The
    timeline says nothing: nothing of an incident changes. Inside a transaction only.
    """
    found = lock_incidents(Incident.objects.open().filter(severity=severity))
    change_ladders([UpdatePromise.name], found, how=how)
