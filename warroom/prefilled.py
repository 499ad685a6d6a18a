"""What the forms beside the room are filled with: as far as it can be known."""

from typing import Any

from clock.written import written
from incidents.endstate.models import SignalState
from pages.numbers import said
from warroom.room import Room

NOTE_LIMIT = 900
"""A hand-over note holds 1000 characters; some are left for what only its writer knows."""


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
    moves = room.columns["next"][:2]
    unknown = "We don’t know yet."
    # Where it said no more than what we know, it follows that again.
    for_executives = last.executive_summary if last else ""
    if last and for_executives == last.status_text:
        for_executives = ""
    return {
        "executive_summary": for_executives,
        "statement": room.incident.statement or room.incident.title,
        "status_text": last.status_text if last else unknown,
        "hypothesis": "; ".join(room.likely_causes) or (last.hypothesis if last else "") or unknown,
        "current_action": "; ".join(now_cards) or (last.current_action if last else unknown),
        "risks": last.risks if last else "",
        **{f"move_{number}": card.title for number, card in enumerate(moves, start=1)},
        **{f"move_{number}_by": card.by_when for number, card in enumerate(moves, start=1)},
    }


def hand_over_note(room: Room) -> str:
    """What the next commander needs to know, from the record: where it stands and what is owed.

    The moment stands as in every stored sentence, since whoever accepts may have another clock.
    """
    incident = room.incident
    met = sum(view.state == SignalState.MET for view in room.signals)
    numbers = [
        f"{view.name} {'no data' if view.value is None else said(view.value)} {view.unit}".strip()
        for view in room.signals
    ]
    thought = [(one.is_ruled_out, f"H{one.number} {one.text}") for one in room.attention.hypotheses]
    open_ones = [words for is_out, words in thought if not is_out]
    out = [words for is_out, words in thought if is_out]
    running = [view.title for view in room.columns["now"]]
    due = incident.next_update_at if incident.makes_promises else None
    owed = [f"update {room.next_number} by {written(due)}"] if due else []
    if room.questions:
        owed.append(f"{len(room.questions)} questions")
    lines = [
        f"{incident.get_status_display()}. {incident.end_state}".strip(),
        f"{met} of {len(numbers)} signals met: {', '.join(numbers)}." if numbers else "",
        f"Open: {'; '.join(open_ones)}." if open_ones else "",
        f"Ruled out: {'; '.join(out)}." if out else "",
        f"Running: {'; '.join(running) or 'nothing'}.",
        f"Owed: {', '.join(owed)}." if owed else "",
    ]
    return "\n".join(line for line in lines if line)[:NOTE_LIMIT]
