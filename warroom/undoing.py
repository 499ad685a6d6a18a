"""What a click too many is taken back with: the way back of a move, offered for ten seconds."""

from urllib.parse import urlencode

from incidents.cards.models import Card, Column
from incidents.changes.queries import change_on
from incidents.record.models import Incident
from warroom.finding import card_path, find_card

Undo = tuple[str, str]
"""The address that takes a move back, and the column it goes to."""


def undo_move(before: Card, after: Card) -> Undo | None:
    """The way back of a card that was moved; nothing where its change runs, or nothing moved."""
    if after.version == before.version or after.column == Column.DONE:
        return None
    change = change_on(after)
    if change is not None and not change.is_waiting:
        return None
    return _address(after, {"position": before.position}), before.column


def undo_swap(incident: Incident, parked: int | None, was: Card) -> Undo | None:
    """The way back of a swap: the started card to where it was, then the parked one into Now.

    Nothing where none was asked for, and where the started card's change runs.
    """
    if parked is None:
        return None
    started = find_card(incident, was.pk)
    change = change_on(started)
    if change is not None and not change.is_waiting:
        return None
    back = {"back": started.pk, "back_version": started.version, "back_to": was.column}
    return _address(find_card(incident, parked), back), Column.NOW


def _address(card: Card, more: dict[str, object]) -> str:
    path = f"{card_path(card.incident, card.pk)}position/"
    return f"{path}?{urlencode({'version': card.version, **more})}"
