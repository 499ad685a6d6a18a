"""Where a card meets the rules of the column it enters, or stands in, and the marks they leave."""

from incidents.cards.models import Card, Column
from incidents.gates import rules
from incidents.gates.facts import facts_of
from incidents.gates.requirements import requirements
from incidents.record.gate import OWNER_LEFT, SOLO, TWO_PEOPLE, WAY_BACK, Gate, is_mark_of
from incidents.record.models import Incident
from incidents.roster.presence import put_on_roster
from people.models import User


def judge_column(
    card: Card,
    incident: Incident,
    column: str,
    *,
    by: User,
    is_new: bool = False,
    afterwards: bool = False,
) -> Gate:
    """Let the rules of a column judge a card that enters it; keeps the marks of what passes.

    ``afterwards``: that it entered is recorded afterwards, which escapes what can be marked.
    """
    gate = Gate(incident, afterwards=afterwards)
    rules.check_workable(incident, column)
    match column:
        case Column.NOW:
            _fill_in(card)
            put_on_roster(incident, [card.owner, card.pair], by=by)
            gate.judge(rules.why_not_now(card, facts_of(incident)))
            _mark(card, gate, *rules.ASKED_AT_NOW, *_asked_of_changes())
        case Column.NEXT:
            gate.judge(rules.why_not_next(card, facts_of(incident)))
            _mark(card, gate, "card_serves_nothing")
        case Column.DONE:
            gate.judge(rules.why_not_done(card, is_straight=is_new or card.column != Column.NOW))
    return gate


def judge_change(
    card: Card, incident: Incident, changed: set[str], *, by: User, risk_before: str
) -> Gate:
    """Let the rules that a change of these fields touches judge the card where it stands."""
    gate = Gate(incident)
    if card.column == Column.NOW:
        _fill_in(card)
        if changed & {"owner", "pair"}:
            put_on_roster(incident, [card.owner, card.pair], by=by)
    if card.column != Column.PARKED or "risk" in changed:
        facts = facts_of(incident)
        gate.judge(rules.why_not_changed(card, facts, changed, was=risk_before))
    if "serves" in changed:
        _mark(card, gate, "card_serves_nothing")
    if card.column == Column.NOW:
        if changed & {"owner", "risk", "pair"}:
            _mark(card, gate, "commander_cannot_own_work")
        if changed & {"owner", "risk"}:
            _mark(card, gate, "owner_busy")
        if changed & {"risk", "pair", "owner"}:
            _mark(card, gate, "pair_required")
        if changed & rules.AGAIN_AT_THE_GATE:
            _mark(card, gate, *_asked_of_changes())
    return gate


def _asked_of_changes() -> list[str]:
    return [code for one in requirements() for code in one.asked_at_now]


def _fill_in(card: Card) -> None:
    """Fill what is known on the way into Now: 15 minutes, the proof from the served signal."""
    if card.time_box_min is None:
        card.time_box_min = rules.DEFAULT_TIME_BOX_MIN
    if not card.expected_proof:
        card.expected_proof = rules.expected_proof_of(card)


def _mark(card: Card, gate: Gate, *codes: str) -> None:
    """Replace the marks that these rules left earlier by what they say now."""
    exceptions = {
        SOLO: "commander_cannot_own_work",
        TWO_PEOPLE: "pair_required",
        OWNER_LEFT: "owner_busy",
        WAY_BACK: "owner_busy",
    }
    kept = [
        mark
        for mark in card.marks
        if not is_mark_of(mark, *codes) and exceptions.get(mark) not in codes
    ]
    card.marks = list(dict.fromkeys([*kept, *gate.marks]))
