"""What an incident's end means for what its alerts asked."""

from typing import Any

from alerts.deadlines import AlertsOver
from deadlines.actions import release_deadline
from incidents.record.models import Incident, TimelineEntry

ENDS = ("resolved", "cancelled", "merged")


def on_entry(sender: Any, incident: Incident, entry: TimelineEntry, **more: Any) -> None:
    """Ask nobody about alerts of an incident that has ended."""
    if entry.kind in ENDS and incident.unattended:
        release_deadline(AlertsOver.name, incident, reason="The incident has ended.")
