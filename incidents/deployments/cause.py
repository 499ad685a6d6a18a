"""Says whether a change caused an incident (P17)."""

from incidents.record.models import Incident
from incidents.record.timeline import record
from people.models import User


def mark_cause(incident: Incident, by: User | None, value: bool | None) -> None:
    """Say whether a change caused it; the caller holds the lock. The same again is nothing."""
    if value == incident.caused_by_change:
        return
    incident.caused_by_change = value
    incident.save(update_fields=["caused_by_change"])
    words = {True: "caused by a change", False: "not caused by a change", None: "of unknown cause"}
    said = f"marked it as {words[value]}" if by else f"It counts as {words[value]} again"
    record(incident, "cause_marked", by=by, text=said, after=value)
