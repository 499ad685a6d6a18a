"""Leaves one row for each word that subscribers are to hear, in the transaction that causes it."""

from typing import Any

from incidents.record.models import Incident, Kind, Status, TimelineEntry
from incidents.updates.queries import last_number_of
from notifications.fan_out import leave_word
from stakeholders.subscriptions.actions import end_hidden
from stakeholders.subscriptions.messages import Word

_LINES = {
    "update": "An update",
    "all_clear": "The all-clear",
    "cancelled": "It was cancelled",
    "merged": "It was merged",
    "reopened": "It was reopened",
    "end_state": "What good looks like",
}


def on_entry(sender: Any, *, incident: Incident, entry: TimelineEntry, **_: Any) -> None:
    """Leave the word; end what nobody outside may have any more when it turns private.

    A drill is told to nobody. What was said by other means and is recorded afterwards is no news.
    """
    if incident.kind == Kind.DRILL:
        return
    match entry.kind:
        case "update_published" if not entry.afterwards:
            _leave(incident, entry, "update", update=entry.data["number"])
        case "resolved":
            _leave(incident, entry, "all_clear", update=last_number_of(incident))
        case "merged" if incident.status == Status.MERGED:
            _leave(incident, entry, "merged")
        case "cancelled" | "reopened":
            _leave(incident, entry, entry.kind)
        case "end_state_written" if incident.end_state:
            _leave(incident, entry, "end_state")
        case "privacy_changed" if incident.private:
            end_hidden(incident)


def _leave(incident: Incident, entry: TimelineEntry, step: str, **about: Any) -> None:
    leave_word(
        incident,
        Word.name,
        f"{incident.ref}: {_LINES[step]}",
        key=f"word:{entry.pk}",
        step=step,
        actor=entry.actor_id,
        **about,
    )
