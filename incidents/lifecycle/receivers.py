"""Shows whoever leads at once what somebody else recorded afterwards."""

from typing import Any

from incidents.lifecycle.messages import RecordedAfterwards
from incidents.record.models import Incident, RosterRole, TimelineEntry
from incidents.roster.queries import who_hears

WORDS = ("note", "decision", "note_confirmed", "update_published")
"""Kinds of entries that only say something: no rule asks them anything beforehand."""


def show_what_was_recorded_afterwards(
    sender: Any, incident: Incident, entry: TimelineEntry, **kwargs: Any
) -> None:
    """What is recorded afterwards escapes the gates; whoever leads hears of it in return.

    Nobody hears of their own entries, or after the end. Two queries, of such entries only.
    """
    if not entry.afterwards or entry.kind in WORDS or not incident.is_open:
        return
    leading = who_hears(incident, RosterRole.COMMANDER)
    RecordedAfterwards.tell(
        incident, [person for person in leading if person.pk != entry.actor_id], entry
    )
