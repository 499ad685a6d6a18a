"""One card in the words of the board: its tags, its people, what it still needs.

What it needs is the board's rules to say; which cards a room shows stands in ``room``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from incidents.attachments.queries import FileView, files_in
from incidents.board.words import EXCEPTIONS, WANTED
from incidents.cards.models import Card, Column
from incidents.gates import rules
from incidents.record.gate import ASKED, is_ask
from warroom.change_views import ChangeFace

RISKS = {
    "read_only": ("○ read only", ""),
    "safe": ("◇ safe", ""),
    "risky": ("◆ risky", ""),
    "destructive": ("◆◆ destructive", "drastic"),
}
"""Risk has no colour: a sign, a word, and an outline for what is drastic."""


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
    owner: int | None
    started_at: datetime | None
    ends_at: datetime | None
    time_box_min: int | None
    by_when: datetime | None
    expected_proof: str
    proof: str
    files: tuple[FileView, ...]
    proof_files: tuple[FileView, ...]
    missing: str
    plan: str
    serves_nothing: bool
    risk: str
    tests: int | None
    change: ChangeFace | None

    @property
    def has_sheet(self) -> bool:
        """Whether starting it opens a sheet: what is not said to only look may alter production."""
        return self.risk != "read_only"

    @property
    def is_finished_by_proof(self) -> bool:
        """Whether its owner may finish it as it runs, with the proof alone."""
        if self.change is None:
            return not self.has_sheet
        return not (self.change.is_waiting or self.change.is_running)

    @property
    def proof_url(self) -> bool:
        """Whether the proof is a link as it stands."""
        return self.proof.startswith(("https://", "http://")) and " " not in self.proof.strip()


def card_view(card: Card, change: ChangeFace | None = None) -> CardView:
    """One card in the words of the board, with the change it carries."""
    plan = " · ".join(
        part
        for part in (
            f"{card.time_box_min} min" if card.time_box_min else "",
            f"proof: {card.expected_proof}" if card.expected_proof else "",
        )
        if part
    )
    needs = _needs(card, change)
    missing = f"Needs {rules.listed(needs)} before it can start." if needs else ""
    return CardView(
        id=card.pk,
        version=card.version,
        column=card.column,
        title=card.title,
        tags=tuple(card_tags(card, change)),
        people=tuple(
            Face(person.name, person.initials) for person in (card.owner, card.pair) if person
        ),
        owner=card.owner_id,
        started_at=card.entered_now_at,
        ends_at=card.time_box_ends_at,
        time_box_min=card.time_box_min,
        by_when=card.by_when if card.column in (Column.NEXT, Column.PARKED) else None,
        expected_proof=card.expected_proof,
        proof=card.proof_words,
        files=files_in(card.files),
        proof_files=files_in(card.proof_files),
        missing=missing,
        serves_nothing=card.serves is None,
        plan=plan,
        risk=card.risk,
        tests=_tested(card, change),
        change=change,
    )


def _tested(card: Card, change: ChangeFace | None) -> int | None:
    """The hypothesis that the card, or else its change, rests on."""
    if card.tests_id is not None or change is None or change.outcome:
        return card.tests_id
    return change.hypothesis_id


def _needs(card: Card, change: ChangeFace | None) -> list[str]:
    """What a card in Next lacks before it starts, its change among it."""
    if card.column != Column.NEXT:
        return []
    needs = rules.missing_for_now(card)
    if card.risk in ("safe", "risky", "destructive") and (change is None or change.outcome):
        needs.append("its change written")
    return needs


def card_tags(card: Card, change: ChangeFace | None = None) -> list[tuple[str, str]]:
    """The small words on a card with their tones: risk, source, aim, what was let pass."""
    if card.column == Column.DONE:
        return []
    tags = [RISKS[card.risk]] if card.risk else []
    if change is not None and card.risk != "read_only":
        if change.reversible is False:
            tags.append(("cannot be undone", "forever"))
        elif change.reversible:
            tags.append(("↶ reversible", ""))
        if change.outcome_words:
            tags.append((change.outcome_words, change.outcome_tone))
    if card.is_way_back:
        tags.append(("↶ way back", ""))
    if card.source == "ai":
        tags.append((f"AI suggestion · {card.ai_tool}".removesuffix(" · "), "warn"))
    if card.serves_signal is not None:
        tags.append((f"serves {card.serves_signal.name}", ""))
    elif card.serves_end_state:
        tags.append(("moves no signal", ""))
    else:
        tags.append(("serves nothing yet", ""))
    tags.extend((_mark_words(mark), "bad" if is_ask(mark) else "warn") for mark in card.marks)
    passed = change.passed if change is not None else ()
    known = {words for words, _ in tags}
    tags.extend((words, "warn") for words in passed if words not in known)
    return tags


def _mark_words(mark: str) -> str:
    """What a mark says: an exception, which rule was let pass, or what is asked for."""
    if mark in EXCEPTIONS:
        return EXCEPTIONS[mark]
    if is_ask(mark):
        return f"asked for: {WANTED.get(mark.removeprefix(ASKED), 'what is missing')}"
    return f"let pass: {mark.removeprefix('warn:').replace('_', ' ')}"
