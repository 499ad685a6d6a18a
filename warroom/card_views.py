"""One card in the words of the board: its tags, its people, what it still needs.

What it needs is the board's rules to say; which cards a room shows stands in ``room``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from incidents.board import rules
from incidents.board.models import Card, Column
from incidents.board.words import EXCEPTIONS, WANTED
from incidents.record.gate import ASKED, is_ask


class Face(NamedTuple):
    """A person's initials and name, as a card shows them."""

    name: str
    initials: str


@dataclass(frozen=True)
class CardView:
    """One card as the board shows it, with everything that its template reads."""

    id: int
    version: int
    column: str
    title: str
    tags: tuple[tuple[str, str], ...]
    people: tuple[Face, ...]
    started_at: datetime | None
    ends_at: datetime | None
    time_box_min: int | None
    expected_proof: str
    proof: str
    missing: str
    plan: str
    serves_nothing: bool

    @property
    def proof_url(self) -> bool:
        """Whether the proof is a link as it stands."""
        return self.proof.startswith(("https://", "http://")) and " " not in self.proof.strip()


def card_view(card: Card) -> CardView:
    """One card in the words of the board."""
    plan = " · ".join(
        part
        for part in (
            f"{card.time_box_min} min" if card.time_box_min else "",
            f"proof: {card.expected_proof}" if card.expected_proof else "",
        )
        if part
    )
    needs = rules.missing_for_now(card) if card.column == Column.NEXT else []
    missing = f"Needs {rules.listed(needs)} before it can start." if needs else ""
    return CardView(
        id=card.pk,
        version=card.version,
        column=card.column,
        title=card.title,
        tags=tuple(card_tags(card)),
        people=tuple(
            Face(person.name, person.initials) for person in (card.owner, card.pair) if person
        ),
        started_at=card.entered_now_at,
        ends_at=card.time_box_ends_at,
        time_box_min=card.time_box_min,
        expected_proof=card.expected_proof,
        proof=card.proof,
        missing=missing,
        serves_nothing=card.serves is None,
        plan=plan,
    )


def card_tags(card: Card) -> list[tuple[str, str]]:
    """The small words on a card with their tones: risk, source, aim, what was let pass."""
    if card.column == Column.DONE:
        return []
    tags = []
    if card.risk in ("risky", "destructive"):
        tags.append(
            (card.get_risk_display().lower(), "bad" if card.risk == "destructive" else "warn")
        )
    if card.source == "ai":
        tags.append((f"AI suggestion · {card.ai_tool}".removesuffix(" · "), "warn"))
    if card.serves_signal is not None:
        tags.append((f"serves {card.serves_signal.name}", ""))
    elif card.serves_end_state:
        tags.append(("moves no signal", ""))
    else:
        tags.append(("serves nothing yet", ""))
    tags.extend((_mark_words(mark), "bad" if is_ask(mark) else "warn") for mark in card.marks)
    return tags


def _mark_words(mark: str) -> str:
    """What a mark says: an exception, which rule was let pass, or what is asked for."""
    if mark in EXCEPTIONS:
        return EXCEPTIONS[mark]
    if is_ask(mark):
        return f"asked for: {WANTED.get(mark.removeprefix(ASKED), 'what is missing')}"
    return f"let pass: {mark.removeprefix('warn:').replace('_', ' ')}"
