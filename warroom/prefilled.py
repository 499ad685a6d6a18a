"""What the forms beside the room are filled with: as far as it can be known."""

from typing import Any

from warroom.room import Room


def likely_serves(room: Room) -> str:
    """What a new card most likely serves: the first signal that is not met, else the sentence."""
    unmet = [view for view in room.signals if view.state not in ("met", "holding")]
    if first := next(iter(unmet or room.signals), None):
        return str(first.id)
    return "end_state" if room.incident.end_state else ""


def prefill_update(room: Room) -> dict[str, Any]:
    """The composer's fields as far as they can be known: the last text, the Now and Next cards."""
    last = room.last_update
    now_cards = [card.title for card in room.columns["now"]]
    moves = [card.title for card in room.columns["next"][:2]]
    unknown = "We don’t know yet."
    return {
        "statement": room.incident.statement or room.incident.title,
        "status_text": last.status_text if last else unknown,
        "hypothesis": "; ".join(room.likely_causes) or (last.hypothesis if last else "") or unknown,
        "current_action": "; ".join(now_cards) or (last.current_action if last else unknown),
        "risks": last.risks if last else "",
        "move_1": moves[0] if moves else "",
        "move_2": moves[1] if len(moves) > 1 else "",
    }
