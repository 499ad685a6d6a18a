"""Which change is approved by somebody else than its owner, and by whom (P35, P15)."""

from collections.abc import Iterator
from datetime import datetime

from incidents.cards.models import Card, Risk
from incidents.changes.models import Change, ChangeState
from incidents.gates.facts import Facts
from incidents.record.gate import SOLO, TWO_PEOPLE, Objection, exception, soft
from incidents.record.models import PATIENCE, RoleAssignment, RosterRole
from people.models import User

CHANGE_NOT_APPROVED = "change_not_approved"


def needs_approval(card: Card, facts: Facts) -> bool:
    """P35, P15: a destructive step does, and a risky one that nobody else can pair on.

    Undoing a change of this incident does not: its way back was approved with it.
    """
    if card.rolls_back_id is not None:
        return False
    if card.risk == Risk.DESTRUCTIVE:
        return True
    return card.risk == Risk.RISKY and facts.is_two and not facts.is_paired(card)


def is_approved(change: Change | None, card: Card) -> bool:
    """Whether somebody else than the card's owner of now has approved it, or had as it started."""
    if change is None:
        return False
    if change.state == ChangeState.RUNNING:
        return change.approved_at is not None
    if change.state != ChangeState.APPROVED:
        return False
    return change.approved_by_id != card.owner_id or SOLO in change.marks


def why_not_approved(change: Change | None, card: Card, facts: Facts) -> Iterator[Objection]:
    """P35 ◆: a drastic step is approved by somebody else than its owner."""
    if not needs_approval(card, facts):
        return
    if is_approved(change, card):
        if card.risk == Risk.RISKY:
            yield exception(TWO_PEOPLE)
        return
    state = change.state if change else None
    sentence = {
        ChangeState.ASKED: "It waits for an approval.",
        ChangeState.APPROVED: "Its owner approved it. Somebody else has to.",
    }.get(ChangeState(state) if state else ChangeState.DRAFT, "Ask for its approval first.")
    if change is not None and change.look_again and state == ChangeState.DRAFT:
        sentence = f"{change.look_again}. Ask for its approval again."
    yield soft(CHANGE_NOT_APPROVED, sentence, change=change.pk if change else None, state=state)


def may_approve(
    change: Change, card: Card, held: list[RoleAssignment], person: User, moment: datetime
) -> bool:
    """Whether ``person`` is the one to approve it at ``moment``, the owner apart (P35).

    The commander; the deputy two minutes after asking, or where that one leads; anybody of the
    roster when the card is the commander's, or where nobody leads.
    """
    seats = {one.role: one for one in held}
    commander, deputy = seats.get(RosterRole.COMMANDER), seats.get(RosterRole.DEPUTY)
    if commander is None and deputy is None:
        return True
    if commander is None:
        return deputy is not None and (
            deputy.person_id == person.pk or deputy.person_id == card.owner_id
        )
    if person.pk == commander.person_id or commander.person_id == card.owner_id:
        return True
    if deputy is None or person.pk != deputy.person_id:
        return False
    if commander.is_away_at(moment):
        return True
    return change.asked_at is not None and moment >= change.asked_at + PATIENCE
