"""What a card needs to be where it wants to go: P10, P15, P23, P31, P32, P33, P38.

What else it needs is asked of ``requirements``. Every rule answers objections and changes nothing;
what fills defaults and joins the roster is the action before it.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

from clock.queries import now
from incidents.cards.models import Card, Column, Risk
from incidents.gates.facts import Facts
from incidents.gates.requirements import requirements
from incidents.line.models import Stop
from incidents.record.gate import (
    SOLO,
    TWO_PEOPLE,
    WAY_BACK,
    Objection,
    exception,
    hard,
    hard_now,
    soft,
)
from incidents.record.models import Incident
from refusals.errors import Refused

DEFAULT_TIME_BOX_MIN = 15
SHORTEST_MIN, LONGEST_MIN, LONGEST_WITH_REASON_MIN = 5, 60, 1440
NEEDS_PAIR = (Risk.RISKY, Risk.DESTRUCTIVE)
ASKED_AT_NOW = (
    "commander_cannot_own_work",
    "owner_busy",
    "pair_required",
    "card_serves_nothing",
    "line_stopped",
)
AGAIN_AT_THE_GATE = {"risk", "pair", "rolls_back", "undoes"}
"""Fields of a card in Now whose change asks again what Now asks of its change (P35)."""
NO_PROOF = re.compile(
    r"(?:(?:it|all|that|this)\W*(?:is|'s)?\W*)?"
    r"(?:done|ok(?:ay)?|fixed|works?|yes|yep|ready|finished|good|true|x|✓|👍)\W*",
    re.IGNORECASE,
)
"""A bare word that says it is done and proves nothing (P33)."""

WORDS = {
    "owner": "an owner",
    "time_box": "a time box",
    "time_box_reason": "the reason for more than 60 minutes",
    "expected_proof": "the proof you expect",
    "risk": "its risk",
}


def check_workable(incident: Incident, column: str) -> None:
    """An ended incident's board rests; a resolved one's can be tidied but starts nothing."""
    if incident.is_open or (incident.status == "resolved" and column != Column.NOW):
        return
    raise Refused(
        "invalid_transition",
        f"The incident is {incident.get_status_display().lower()}. Reopen it to work on.",
    )


def why_not_now(card: Card, facts: Facts) -> list[Objection]:
    """Everything that speaks against a card in Now, the order in which it is said."""
    return [
        *_line(card, facts),
        *_serves(card, facts),
        *_ready(card),
        *_leads(card, facts),
        *_busy(card, facts),
        *_pair(card, facts),
        *(one for asked in requirements() for one in asked.why_not_now(card, facts)),
    ]


def why_not_next(card: Card, facts: Facts) -> list[Objection]:
    """P23 alone: work in Next moves a needle."""
    return list(_serves(card, facts))


def why_not_done(card: Card, *, is_straight: bool) -> list[Objection]:
    """P33, and P31 for a card that comes straight, not from Now: whose it is and its risk."""
    return [
        *(_named(card) if is_straight else ()),
        *(one for asked in requirements() for one in asked.why_not_done(card)),
        *_proof(card),
    ]


def why_not_changed(
    card: Card, facts: Facts, changed: set[str], *, was: Risk | str
) -> list[Objection]:
    """What a change of these fields meets where the card stands; ``was`` is its risk before.

    A read-only card in Now stays what it is while the line is stopped (P38). Raising the risk takes
    a card in Now back to the gate. What is done keeps an owner and a risk (P31).
    """
    found = [one for asked in requirements() for one in asked.why_not_changed(card, changed)]
    if "serves" in changed and card.column in (Column.NOW, Column.NEXT):
        found += _serves(card, facts)
    if card.column == Column.NOW:
        if was == Risk.READ_ONLY and "title" in changed:
            found += _line(card, facts, is_excused=False)
        elif changed & {"risk", "rolls_back", "undoes"}:
            found += _line(card, facts)
        found += _ready(card)
        if changed & {"owner", "risk", "pair"}:
            found += _leads(card, facts)
        if changed & {"owner", "risk"}:
            found += _busy(card, facts)
        if changed & {"risk", "pair", "owner"}:
            found += _pair(card, facts)
        if changed & AGAIN_AT_THE_GATE:
            for asked in requirements():
                found += asked.why_not_now(card, facts)
    if card.column == Column.DONE and changed & {"owner", "risk"}:
        found += _named(card)
    return found


def _line(card: Card, facts: Facts, *, is_excused: bool = True) -> Iterator[Objection]:
    """P38: while the line is stopped only what looks and changes nothing starts, and a way back."""
    stop = facts.stop
    if stop is None or (card.risk == Risk.READ_ONLY and is_excused):
        return
    if card.is_way_back:
        yield exception(WAY_BACK)
        return
    yield line_stopped(stop, "read-only work and rolling back start")


def line_stopped(stop: Stop, still: str) -> Objection:
    """P38: the refusal while the line is stopped, with who stopped it, why and when.

    ``still`` says what goes on meanwhile, as in "rolling back starts".
    """
    who = f"{stop.by.name} stopped it" if stop.by else "It stopped by itself"
    return hard_now(
        "line_stopped",
        f"{who}: {stop.reason}. Only {still} until the commander resumes.",
        stopped={
            "by": stop.by.email if stop.by else None,
            "reason": stop.reason,
            "at": stop.at.isoformat(),
        },
    )


def _serves(card: Card, facts: Facts) -> Iterator[Objection]:
    """P23 ◆: work in Next or Now moves a needle. Sleeps until an end state is written."""
    if card.serves is None and facts.incident.end_state:
        yield soft(
            "card_serves_nothing",
            "Say which signal this moves, or that it serves the end state. Else park it.",
        )


def _ready(card: Card) -> Iterator[Objection]:
    """P31: an owner, a time box, the expected proof and the risk; names all that is missing."""
    is_there = _ready_for_now(card)
    if is_there["time_box_reason"] and _is_long(card) and card.time_box_ends_at is None:
        is_there["time_box_reason"] = _ends_by_next_update(card)
    yield from _missing("Before it enters Now", **is_there)


def _ready_for_now(card: Card) -> dict[str, bool]:
    return {
        "owner": card.owner_id is not None,
        "time_box_reason": not _is_long(card) or card.incident.is_in_recovery,
        "expected_proof": bool(card.expected_proof or expected_proof_of(card)),
        "risk": bool(card.risk),
    }


def _is_long(card: Card) -> bool:
    """Whether the time box is one that needs a reason and has none."""
    minutes = card.time_box_min or DEFAULT_TIME_BOX_MIN
    return minutes > LONGEST_MIN and not card.time_box_reason


def _ends_by_next_update(card: Card) -> bool:
    """P31: in recovery a time box lasts up to the next update without a reason. One query."""
    due_at = card.incident.next_update_at
    minutes = timedelta(minutes=card.time_box_min or DEFAULT_TIME_BOX_MIN)
    return due_at is not None and now() + minutes <= due_at


def missing_for_now(card: Card) -> list[str]:
    """What a card lacks before it can enter Now (P31), in words, as the board shows it.

    In recovery a long time box is judged when it starts. No query when ``incident`` is loaded.
    """
    return [WORDS[name] for name, is_there in _ready_for_now(card).items() if not is_there]


def _named(card: Card) -> Iterator[Objection]:
    """P31: what is recorded as done names who did it and how risky it was."""
    yield from _missing("As something done", owner=card.owner_id is not None, risk=bool(card.risk))


def _missing(where: str, **is_there: bool) -> Iterator[Objection]:
    missing = [name for name, there in is_there.items() if not there]
    if missing:
        yield hard(
            "card_not_ready",
            f"{where} it needs {listed([WORDS[name] for name in missing])}.",
            missing=missing,
        )


def expected_proof_of(card: Card) -> str:
    """What the served signal would show."""
    signal = card.serves_signal
    return f"{signal} on the signal" if signal is not None else ""


def _leads(card: Card, facts: Facts) -> Iterator[Objection]:
    """P10 ◆: not the commander, as owner or as pair, unless alone.

    A way back is never refused: it is marked.
    """
    commander = facts.commander
    if commander is not None and commander.pk in (card.owner_id, card.pair_id):
        if facts.is_solo:
            yield exception(SOLO)
        elif card.rolls_back_id is not None:
            yield exception(WAY_BACK)
        else:
            yield soft(
                "commander_cannot_own_work",
                f"{commander.name} leads and cannot work in Now, as owner or as pair. "
                "Name somebody else, or hand over command.",
            )


def _busy(card: Card, facts: Facts) -> Iterator[Objection]:
    """P32 ◆: one card in Now per person."""
    busy = facts.busy_with(card.owner_id, beside=card)
    if busy is not None and card.rolls_back_id is not None:
        yield exception(WAY_BACK)
    elif busy is not None and card.owner is not None:
        yield soft(
            "owner_busy",
            f"{card.owner.name} already works on “{busy.title}”. "
            "Swap the two, or name another owner.",
            busy_with={"id": busy.pk, "title": busy.title, "version": busy.version},
        )


def _pair(card: Card, facts: Facts) -> Iterator[Objection]:
    """P15 ◆: a risky or destructive step has a second person who is free and does not lead.

    Alone, and with just two people, nobody else can be named: that is let pass, marked. Undoing a
    change of this incident needs no new one.
    """
    if card.risk not in NEEDS_PAIR or card.rolls_back_id is not None or facts.is_paired(card):
        return
    busy = facts.busy_with(card.pair_id, beside=card)
    if facts.is_solo:
        yield exception(SOLO)
        return
    if facts.is_two:
        yield exception(TWO_PEOPLE)
        return
    if facts.leads(card.pair_id):
        sentence = "The commander keeps the overview and is no pair. Name somebody else."
    elif busy is not None and card.pair is not None:
        sentence = f"{card.pair.name} works on “{busy.title}”. Name a pair who is free."
    elif card.pair is not None and card.pair_id not in facts.people:
        sentence = f"{card.pair.name} is away. Name a pair who is here."
    else:
        sentence = f"A {card.risk} step needs a second person beside its owner. Name a pair."
    yield soft("pair_required", sentence, risk=card.risk)


def _proof(card: Card) -> Iterator[Objection]:
    """P33: no Done without proof, at any severity; a bare *done* is none."""
    if card.proof_files or (card.proof and not NO_PROOF.fullmatch(card.proof.strip())):
        return
    expected = f" You expected: {card.expected_proof}." if card.expected_proof else ""
    yield hard(
        "proof_required",
        f"Say what proves that it is done: a sentence, a number, a link or a picture.{expected}",
    )


def listed(words: list[str]) -> str:
    """Words as a sentence says them: ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
