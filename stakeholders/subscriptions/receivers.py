"""Leaves one row for each word that subscribers are to hear, in the transaction that causes it."""

from typing import Any

from incidents.record.locking import moment_of
from incidents.record.models import Incident, Kind, TimelineEntry
from notifications.fan_out import leave_word
from stakeholders.subscriptions.actions import end_hidden
from stakeholders.subscriptions.messages import Word
from stakeholders.subscriptions.words import step_of, update_in

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

    A drill is told to nobody. What was said by other means and is recorded afterwards is no news. A
    room that is linked once the end state is written gets it then (P20), and nobody else again.
    """
    if incident.kind == Kind.DRILL:
        return
    if entry.kind == "privacy_changed" and incident.private:
        end_hidden(incident)
    step = step_of(entry, incident)
    if entry.kind == "end_state_written" and incident.end_state:
        step = "end_state"
    links_room = entry.kind == "links_changed" and entry.data.get("field") == "chat_url"
    if links_room and incident.is_open and incident.chat_url and incident.end_state:
        step = "end_state"
    if not step or (step == "update" and entry.afterwards):
        return
    leave_word(
        incident,
        Word.name,
        f"{incident.ref}: {_LINES[step]}",
        key=f"word:{entry.pk}",
        step=step,
        at=moment_of(incident),
        actor=entry.actor_id,
        update=update_in(entry),
        **({"room": True} if links_room else {}),
    )
