"""The change of a card: asked at the gates, and following its card (P33, P35)."""

from collections.abc import Iterable

from incidents.approvals.actions import fall
from incidents.approvals.rules import CHANGE_NOT_APPROVED, why_not_approved
from incidents.cards.models import Card, Risk
from incidents.cards.queries import carried_by, forget_carried
from incidents.changes.actions import withdraw, write_way_back
from incidents.changes.finding import save
from incidents.changes.models import WAITING, Change, ChangeState
from incidents.changes.queries import change_on
from incidents.changes.rules import CHANGE_REQUIRED, alters, why_not_written
from incidents.gates.facts import Facts
from incidents.gates.requirements import Requirement
from incidents.record.gate import Objection, hard
from incidents.record.models import Incident
from people.models import User


class ChangeOfCard(Requirement):
    """The change of a card that alters production: asked at the gates, and following the card."""

    asked_at_now = (CHANGE_REQUIRED, CHANGE_NOT_APPROVED)

    def why_not_now(self, card: Card, facts: Facts) -> Iterable[Objection]:
        """It is written, and approved where that is needed. One query where it alters anything."""
        if not alters(card):
            return []
        change = change_on(card) if card.pk else None
        return [*why_not_written(change, card), *why_not_approved(change, card, facts)]

    def why_not_done(self, card: Card) -> Iterable[Objection]:
        """P33: nothing is done while its change is not over. One query."""
        change = change_on(card) if card.pk else None
        if change is not None and (change.state == ChangeState.RUNNING or alters(card)):
            yield hard("change_unfinished", _unfinished_words(change), change=change.pk)

    def why_not_changed(self, card: Card, changed: set[str]) -> Iterable[Objection]:
        """What runs does not turn into something that only looks. One query at most."""
        if "risk" in changed and not alters(card):
            change = change_on(card)
            if change is not None and change.state == ChangeState.RUNNING:
                yield hard("change_unfinished", _unfinished_words(change), change=change.pk)

    def changed(self, card: Card, incident: Incident, changed: set[str], *, by: User) -> None:
        """Other words or another risk let an approval fall; a way back gets its change written."""
        if not changed & {"title", "risk", "rolls_back", "undoes"}:
            return
        change = change_on(card)
        if change is None:
            if card.rolls_back_id is not None:
                write_way_back(card, incident, by=by)
            return
        if not change.is_waiting:
            return
        change.card = card
        if card.risk == Risk.READ_ONLY:
            withdraw(change, incident, by=by, why="its card only looks now")
            return
        if changed & {"rolls_back", "undoes"}:
            change.rolls_back_id, change.undoes = card.rolls_back_id, card.undoes
            save(change)
        fall(change, incident, why=f"The card was changed by {by.name}", by=by)

    def parked(self, card: Card, incident: Incident, *, by: User) -> None:
        """What does not run is withdrawn. No query where ``card_on`` read that nothing waits."""
        match carried_by(card):
            case (None,):
                return
            case ({"state": state},) if state not in WAITING:
                return
        change = change_on(card)
        if change is not None and change.is_waiting:
            change.card = card
            withdraw(change, incident, by=by, why="its card was parked")
            forget_carried(card)


def _unfinished_words(change: Change) -> str:
    if change.state == ChangeState.RUNNING:
        return "Its change still runs. Look at the signals and say how it went, or roll it back."
    return "Its change was written and never ran. Start it, or withdraw it."
