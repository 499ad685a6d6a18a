"""What a change needs before its card enters Now, before it starts, and before it is over.

P15, P32, P35, P36, P38, P39. Every rule answers objections and changes nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from incidents.cards.models import Card, Risk
from incidents.changes.models import Change, ChangeState, SecondChange
from incidents.changes.queries import change_on, is_drastic
from incidents.endstate.models import Signal
from incidents.gates.facts import Facts
from incidents.gates.requirements import Requirement
from incidents.gates.rules import line_stopped, listed
from incidents.record.gate import SOLO, TWO_PEOPLE, WAY_BACK, Objection, exception, hard, soft
from incidents.record.models import PATIENCE, RoleAssignment, RosterRole
from pages.texts import is_nothing
from people.models import User

CHANGE_REQUIRED, CHANGE_NOT_APPROVED = "change_required", "change_not_approved"
SECOND = "second_change"
"""Allowed beside one that runs, by the commander's word."""
VOICE = "by_voice"
"""Approved by voice, and written down by somebody else."""

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


class Written(Requirement):
    """The change of a card that alters production (P33, P35)."""

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


def _unfinished_words(change: Change) -> str:
    if change.state == ChangeState.RUNNING:
        return "Its change still runs. Look at the signals and say how it went, or roll it back."
    return "Its change was written and never ran. Start it, or withdraw it."


def why_not_started(
    change: Change,
    card: Card,
    facts: Facts,
    *,
    by: User,
    running: list[Change],
    surprise: Change | None,
    allowance: SecondChange | None,
) -> list[Objection]:
    """Everything that speaks against starting it now, in the order in which it is said.

    ``running`` are the changes in flight, ``surprise`` the last that did not go as expected without
    a go since, ``allowance`` the commander's word for a second one.
    """
    return [
        *_line(change, facts),
        *why_not_written(change, card),
        *why_not_approved(change, card, facts),
        *_hands_off(change, facts, by),
        *_go(change, surprise),
        *_in_flight(change, card, running, allowance),
    ]


def _line(change: Change, facts: Facts) -> Iterator[Objection]:
    """P38: while the line is stopped only a way back starts."""
    stop = facts.stop
    if stop is None:
        return
    if change.is_way_back:
        yield exception(WAY_BACK)
        return
    yield line_stopped(stop, "rolling back starts")


def _hands_off(change: Change, facts: Facts, by: User) -> Iterator[Objection]:
    """P10 ◆: the commander runs no change, unless alone; a way back is never refused."""
    if not facts.leads(by.pk):
        return
    if facts.is_solo:
        yield exception(SOLO)
    elif change.rolls_back_id is not None:
        yield exception(WAY_BACK)
    else:
        yield soft(
            "commander_cannot_own_work",
            f"{by.name} leads and runs no change. Let its owner start it, or hand over command.",
        )


def _go(change: Change, surprise: Change | None) -> Iterator[Objection]:
    """P36 ◆: after a surprise the next change needs the commander's go; rolling back does not."""
    if surprise is None or change.is_way_back:
        return
    outcome = surprise.get_outcome_display().lower()
    yield soft(
        "go_required",
        f"The last change, “{surprise.card.title}”, went {outcome}. Before another one starts, the "
        "commander says why it may. Rolling back needs no go.",
        change=surprise.pk,
        outcome=surprise.outcome,
    )


def _in_flight(
    change: Change, card: Card, running: list[Change], allowance: SecondChange | None
) -> Iterator[Objection]:
    """P32 ◆: one drastic change at a time; a second one by the commander's word, for that start."""
    if not is_drastic(card):
        return
    others = [one for one in running if one.pk != change.pk and is_drastic(one.card)]
    if not others:
        return
    if change.rolls_back_id is not None:
        yield exception(WAY_BACK)
        return
    if allowance is not None:
        yield exception(SECOND)
        return
    yield soft(
        "change_in_flight",
        f"“{others[0].card.title}” is in flight. Finish it first, or ask the commander to allow a "
        "second one with a reason.",
        change=others[0].pk,
        card=others[0].card_id,
    )


def unseen(signals: Iterable[Signal], started_at: datetime) -> list[Signal]:
    """P36: the signals without a sample newer than the start."""
    return [one for one in signals if one.latest_at is None or one.latest_at <= started_at]


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
