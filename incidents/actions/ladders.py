"""Changing the ladder of a severity, also under the promises that are open."""

from collections.abc import Callable

from deadlines.actions import change_ladders
from incidents.actions.promises import UPDATE
from incidents.models import Incident


def change_ladder(severity: str, *, how: Callable[[], None]) -> None:
    """Let ``how`` write what the ladder of ``severity`` is made of; open promises follow at once.

    Locks the open incidents of that severity, then their promises. No step that was taken is taken
    again; a step whose moment has passed already reaches its people with the next sweep. The
    timeline says nothing: nothing of an incident changes.
    """

    def subjects() -> list[Incident]:
        rows = Incident.objects.open().filter(severity=severity).order_by("pk")
        return list(rows.select_for_update(no_key=True, of=("self",)))

    change_ladders(UPDATE, subjects, how=how)
