"""What a card needs to be where it wants to go: P10, P15, P23, P31, P32, P33, P38."""

from incidents.board.models import Card, Column, Risk
from incidents.line.queries import stop_of
from incidents.record.models import Incident
from incidents.record.softness import SOLO, Softly
from incidents.roster.queries import commander_of, is_solo
from refusals.errors import Refused

DEFAULT_TIME_BOX_MIN = 15
SHORTEST_MIN, LONGEST_MIN, LONGEST_WITH_REASON_MIN = 5, 60, 1440
NEEDS_PAIR = (Risk.RISKY, Risk.DESTRUCTIVE)
ASKED_AT_NOW = (
    "commander_cannot_own_work",
    "owner_busy",
    "pair_required",
    "card_serves_nothing",
)

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


def check_line(card: Card, incident: Incident) -> None:
    """P38: while the line is stopped only work that looks and changes nothing starts."""
    if card.risk == Risk.READ_ONLY:
        return
    stop = stop_of(incident)
    if stop is not None:
        who = f"{stop.by.name} stopped it" if stop.by else "It stopped by itself"
        raise Refused(
            "line_stopped",
            f"{who}: {stop.reason}. Only read-only work starts until the commander resumes.",
            stopped={
                "by": stop.by.email if stop.by else None,
                "reason": stop.reason,
                "at": stop.at.isoformat(),
            },
        )


def check_serves(card: Card, incident: Incident, soft: Softly) -> None:
    """P23 ◆: work in Next or Now moves a needle. Sleeps until an end state is written."""
    if card.serves is None and incident.end_state:
        soft.refuse(
            "card_serves_nothing",
            "Say which signal this moves, or that it serves the end state. Else park it.",
        )


def check_ready(card: Card) -> None:
    """P31: an owner, a time box, the expected proof and the risk; names all that is missing.

    Fills what is known: 15 minutes, and the proof from the served signal.
    """
    if card.time_box_min is None:
        card.time_box_min = DEFAULT_TIME_BOX_MIN
    if not card.expected_proof and card.serves_signal is not None:
        card.expected_proof = expected_proof_of(card)
    missing = [
        name
        for name, is_there in (
            ("owner", card.owner_id is not None),
            ("time_box_reason", card.time_box_min <= LONGEST_MIN or bool(card.time_box_reason)),
            ("expected_proof", bool(card.expected_proof)),
            ("risk", bool(card.risk)),
        )
        if not is_there
    ]
    if missing:
        raise Refused(
            "card_not_ready",
            f"Before it enters Now it needs {_listed([WORDS[name] for name in missing])}.",
            missing=missing,
        )


def expected_proof_of(card: Card) -> str:
    """What the served signal would show."""
    signal = card.serves_signal
    return f"{signal} on the signal" if signal is not None else ""


def check_owner(card: Card, incident: Incident, soft: Softly) -> None:
    """P10 ◆ and P32 ◆: not the commander, unless alone; and one card in Now per owner."""
    commander = commander_of(incident)
    if commander is not None and card.owner_id == commander.pk:
        if is_solo(incident):
            soft.mark(SOLO)
        else:
            soft.refuse(
                "commander_cannot_own_work",
                f"{commander.name} leads and cannot own work in Now. "
                "Name another owner, or hand over command.",
            )
    busy = (
        Card.objects.filter(incident=incident, column=Column.NOW, owner=card.owner_id)
        .exclude(pk=card.pk)
        .first()
    )
    if busy is not None and card.owner is not None:
        soft.refuse(
            "owner_busy",
            f"{card.owner.name} already works on “{busy.title}”. "
            "Swap the two, or name another owner.",
            busy_with={"id": busy.pk, "title": busy.title, "version": busy.version},
        )


def check_pair(card: Card, incident: Incident, soft: Softly) -> None:
    """P15 ◆: a risky or destructive step has a second person, unless one works alone."""
    if card.risk not in NEEDS_PAIR or card.pair_id is not None:
        return
    if is_solo(incident):
        soft.mark(SOLO)
        return
    soft.refuse(
        "pair_required",
        f"A {card.risk} step needs a second person beside its owner. Name a pair.",
        risk=card.risk,
    )


def check_proof(card: Card) -> None:
    """P33: no Done without proof, at any severity."""
    if not card.proof:
        raise Refused(
            "proof_required",
            "Say what proves that it is done: a sentence, a number or a link."
            + (f" You expected: {card.expected_proof}." if card.expected_proof else ""),
        )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
