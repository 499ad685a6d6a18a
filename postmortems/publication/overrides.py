"""Reads from the record which resolutions were said against the signals (P24).

They stand at the head of the review whoever curates its facts, and stay there when the incident is
reopened and resolved again.
"""

from dataclasses import dataclass
from datetime import datetime

from incidents.record.models import Incident, TimelineEntry
from people.models import User


@dataclass(frozen=True)
class Override:
    """Why somebody resolved it although the end state was not met."""

    reason: str
    by: User | None
    at: datetime
    seq: int


def overrides_of(incident: Incident) -> list[Override]:
    """Every override of an incident, oldest first. One query."""
    resolutions = TimelineEntry.objects.filter(incident=incident, kind="resolved")
    return [
        Override(entry.data["override"], entry.actor, entry.at, entry.seq)
        for entry in resolutions.select_related("actor").order_by("seq")
        if entry.data.get("override")
    ]
