"""What a token may say about who suggested a card and how risky it is (P37)."""

from incidents.board.models import Card, Column, Risk, Source
from people.models import User
from refusals.errors import AgentMayNot, Forbidden

_RANK = ["", *Risk.values]


def suggested_by(by: User, *, column: str | None, owner: User | None, pair: User | None) -> None:
    """Refuse (``AgentMayNot``) a card of an agent that is more than a suggestion."""
    if by.agent is None:
        return
    if column not in (None, Column.NEXT, Column.PARKED):
        raise AgentMayNot("a card of an agent goes to Next or Parked")
    if owner is not None or pair is not None:
        raise AgentMayNot("people take its cards themselves")


def first_risk(risk: str, source: str, *, by: User) -> str:
    """The risk a new card has: what an AI suggested starts as destructive.

    Only a person at a page says otherwise, then as ever.
    """
    if source != Source.AI or (risk and by.token is None):
        return risk
    return Risk.DESTRUCTIVE


def check_token(card: Card, *, by: User, source_was: tuple[str, str], risk_was: str) -> None:
    """Refuse (``Forbidden``) what no token changes: who suggested it, and a risk that falls.

    Of a card that people wrote the owner's token may lower the risk, before it is in Now.
    """
    if by.token is None:
        return
    if (card.source, card.ai_tool) != source_was:
        raise Forbidden("No token changes who suggested a card. A person at a page does.")
    if _RANK.index(card.risk) >= _RANK.index(risk_was):
        return
    if card.source == Source.AI:
        raise Forbidden("What an AI suggested is called less risky by a person at a page only.")
    if card.column == Column.NOW or card.owner not in (None, by):
        raise Forbidden("A token lowers the risk of its owner's card only, before it is in Now.")
