"""What must be written on a change before its card enters Now and before it starts (P35, P39)."""

from collections.abc import Iterator

from incidents.cards.models import Card, Risk
from incidents.changes.models import Change
from incidents.gates.rules import listed
from incidents.record.gate import Objection, soft
from pages.texts import is_nothing

CHANGE_REQUIRED = "change_required"

WORDS = {
    "hypothesis": "the hypothesis it tests",
    "expectation": "what you expect",
    "risk": "what can go wrong",
    "rollback": "how you go back",
    "reversible": "whether it can be undone",
}
ALWAYS = ("expectation", "rollback")
DESTRUCTIVE = ("hypothesis", "expectation", "risk", "rollback", "reversible")


def alters(card: Card) -> bool:
    """Whether a card alters production and so carries a change: all but those that only look."""
    return bool(card.risk) and card.risk != Risk.READ_ONLY


def missing_in(change: Change | None, card: Card) -> list[str]:
    """What a card's change does not say yet (P35), by name; nothing for what only looks.

    Undoing a change of this incident needs nothing: its way back was written with it.
    """
    if not alters(card) or card.rolls_back_id is not None:
        return []
    names = DESTRUCTIVE if card.risk == Risk.DESTRUCTIVE else ALWAYS
    return [name for name in names if change is None or not _says(change, name)]


def _says(change: Change, name: str) -> bool:
    match name:
        case "hypothesis":
            return change.hypothesis is not None and not change.hypothesis.is_ruled_out
        case "reversible":
            return change.reversible is not None
    return not is_nothing(getattr(change, name))


def why_not_written(change: Change | None, card: Card) -> Iterator[Objection]:
    """P35 ◆: what we expect and how we go back; for a destructive step why, and what can go wrong.

    The refusal names everything that is missing.
    """
    missing = missing_in(change, card)
    if missing:
        yield soft(
            CHANGE_REQUIRED,
            f"Before it runs, write {listed([WORDS[name] for name in missing])}.",
            missing=missing,
            card=card.pk,
            change=change.pk if change else None,
        )
