"""What the timeline says about cards."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from incidents.cards.models import Card, Column
from incidents.record.gate import OWNER_LEFT, SOLO, TWO_PEOPLE, WAY_BACK, Gate
from people.models import User

WANTED = {
    "commander_cannot_own_work": "somebody else than the commander",
    "owner_busy": "an owner who is free",
    "pair_required": "a pair",
    "card_serves_nothing": "what it moves",
}
"""What a mark that asks wants, by the code of its rule."""

EXCEPTIONS = {
    SOLO: "solo",
    TWO_PEOPLE: "two people",
    OWNER_LEFT: "owner gone",
    WAY_BACK: "way back",
}


def moved_words(card: Card, was: str, by: User) -> str:
    """What became of a card, for the timeline."""
    if card.column == was:
        return f"moved “{card.title}” within {card.get_column_display()}"
    owned = f", owned by {card.owner.name}" if card.owner and card.owner != by else ""
    match card.column:
        case Column.NOW:
            return f"started “{card.title}”{owned}"
        case Column.DONE:
            return f"finished “{card.title}”: {card.proof_words}"
        case Column.PARKED:
            return f"parked “{card.title}”"
    return f"put “{card.title}” into Next"


def said(gate: Gate, before: list[str] | None = None) -> str:
    """The marks that an action left, in words for the timeline."""
    new = [mark for mark in gate.marks if mark not in (before or [])]
    words = [
        EXCEPTIONS.get(mark) or f"let pass: {mark.removeprefix('warn:').replace('_', ' ')}"
        for mark in new
    ]
    return f" ({', '.join(words)})" if words else ""


def listed(changed: list[str]) -> str:
    """The names of changed fields as people read them."""
    return ", ".join(name.removesuffix("_min").replace("_", " ") for name in changed)


def plain(card: Card, name: str) -> Any:
    """A field's value as the timeline keeps it."""
    if name == "attachments":
        return [one["id"] for one in card.files]
    value = getattr(card, name)
    match value:
        case User():
            return value.name
        case datetime():
            return value.isoformat()
        case Model():
            return value.pk
    return value
