"""Decides what a card from a tool must carry, and which cards a helper may change.

What a tool suggested is marked for ever, and risky until somebody looks (P37); an agent suggests
and does no more; a helper works on cards of their own.
"""

from incidents.cards.models import Card, Column, Risk, Source
from people.models import User
from refusals.errors import AgentMayNot, Forbidden, Invalid

BY_RISK = ("", Risk.READ_ONLY, Risk.SAFE, Risk.RISKY, Risk.DESTRUCTIVE)


def suggested_by(by: User, *, column: str | None, owner: User | None, pair: User | None) -> None:
    """Refuse (``AgentMayNot``) a card of an agent that is more than a suggestion."""
    if by.agent is None:
        return
    if column not in (None, Column.NEXT, Column.PARKED):
        raise AgentMayNot("a card of an agent goes to Next or Parked")
    if owner is not None or pair is not None:
        raise AgentMayNot("people take its cards themselves")


def first_risk(risk: str, source: str, *, by: User) -> str:
    """The risk a new card starts with: ``destructive`` for a tool's, which only a person lowers."""
    if source == Source.AI and (by.token is not None or not risk):
        return str(Risk.DESTRUCTIVE)
    return risk


def check_origin(card: Card, *, source: tuple[str, str], risk: str, by: User) -> None:
    """Refuse a change that hides where a card comes from, or takes its risk down by a program.

    ``source`` (with the tool's name) and ``risk`` are those before. What came from a tool stays
    marked (``Invalid``). No token changes the source, or lowers the risk of what came from a tool,
    of a card in Now or of somebody else's (``Forbidden``): only a person at a page does.
    """
    if (card.source, card.ai_tool) != source:
        if by.token is not None:
            raise Forbidden("No token changes where a card comes from.")
        if source[0] == Source.AI != card.source:
            raise Invalid({"source": "A tool suggested it; that stays on it for ever."})
    is_lowered = BY_RISK.index(card.risk) < BY_RISK.index(risk)
    if by.token is None or not is_lowered:
        return
    if card.source == Source.AI:
        raise Forbidden("A tool suggested it; only a person at a page lowers its risk.")
    if card.column == Column.NOW or card.owner_id not in (None, by.pk):
        raise Forbidden("A token lowers the risk of its owner’s cards only, before Now.")


def check_theirs(card: Card, by: User) -> None:
    """Refuse (``Forbidden``) a helper a card that somebody else has, and giving one to others."""
    if not by.is_responder and card.owner_id is not None and by not in (card.owner, card.pair):
        raise Forbidden("A helper works on their own cards. Take one that nobody owns.")
