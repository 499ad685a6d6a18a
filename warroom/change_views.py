"""A card's change in the words of the board: its answers, and what was measured before and since.

What it needs is the rules of changes to say; what a card shows besides stands in ``card_views``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from incidents.changes.drafts import VOICE
from incidents.changes.models import Outcome
from incidents.changes.shown import Changes, ChangeView
from incidents.endstate.models import SignalState
from incidents.endstate.sparklines import TONES, SignalView
from incidents.hypotheses.queries import HypothesisView
from incidents.outcomes.rules import SECOND
from incidents.record.gate import SOLO, TWO_PEOPLE, WAY_BACK
from pages.numbers import said

#: More than four rows push the next card out of sight.
ROWS = 4
OUTCOMES = {
    Outcome.AS_EXPECTED: ("✓ as expected", "good"),
    Outcome.NOT_AS_EXPECTED: ("✕ not as expected", "bad"),
    Outcome.ROLLED_BACK: ("↶ rolled back", "warn"),
}
PASSED = {
    SOLO: "solo",
    TWO_PEOPLE: "two people",
    WAY_BACK: "way back",
    SECOND: "a second one, allowed",
    VOICE: "by voice",
}


@dataclass(frozen=True)
class Row:
    """One signal: as it was when the change started, and as it is or was afterwards."""

    name: str
    unit: str
    before: float | None
    since: float | None
    tone: str
    line: str
    target_line: float | None

    @property
    def words(self) -> str:
        """``CPU 98 → 71 %``."""
        was, now = ("–" if one is None else said(one) for one in (self.before, self.since))
        return f"{self.name} {was} → {now} {self.unit}".strip()


@dataclass(frozen=True)
class ChangeFace:
    """A change as its card shows it, in values that are equal only when they look the same."""

    id: int
    version: int
    state: str
    expectation: str
    rollback: str
    risk: str
    tests: str
    hypothesis: str
    hypothesis_id: int | None
    reversible: bool | None
    undoes: str
    asked_by: str
    asked_at: datetime | None
    approved: str
    written_in_s: int | None
    look_again: str
    started_at: datetime | None
    outcome: str
    outcome_words: str
    outcome_tone: str
    note: str
    no_data: str
    beside: str
    passed: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def is_running(self) -> bool:
        """In flight."""
        return self.state == "running"

    @property
    def is_waiting(self) -> bool:
        """Written and not running yet."""
        return self.state in ("draft", "asked", "approved")

    @property
    def summary(self) -> str:
        """How it went and the first number it moved, on one line."""
        moved = self.rows[0].words if self.rows else ""
        return " · ".join(part for part in (self.outcome_words, moved) if part)


def change_faces(
    changes: Changes, hypotheses: Iterable[HypothesisView], signals: Iterable[SignalView]
) -> dict[int, ChangeFace]:
    """By card, the change that it carries or carried last; what runs beside the signals of now."""
    numbers = {one.id: f"H{one.number}" for one in hypotheses}
    present = {one.id: one for one in signals}
    cards = dict.fromkeys(row.card for row in changes.rows)
    found = {card: changes.on(card) for card in cards}
    return {card: _face(view, numbers, present) for card, view in found.items() if view is not None}


def _face(view: ChangeView, numbers: dict[int, str], present: dict[int, SignalView]) -> ChangeFace:
    words, tone = OUTCOMES[Outcome(view.outcome)] if view.outcome else ("", "")
    voice = f", written down by {view.approval_recorded_by}" if view.approval_recorded_by else ""
    return ChangeFace(
        id=view.id,
        version=view.version,
        state=view.state,
        expectation=view.expectation,
        rollback=view.rollback,
        risk=view.risk,
        tests=numbers.get(view.hypothesis or 0, ""),
        hypothesis=view.hypothesis_text,
        hypothesis_id=view.hypothesis,
        reversible=view.reversible,
        undoes=view.undoes,
        asked_by=view.asked_by,
        asked_at=view.asked_at,
        approved=f"{view.approved_by} approved{voice}" if view.approved_by else "",
        written_in_s=view.written_in_s,
        look_again=view.look_again,
        started_at=view.started_at,
        outcome=view.outcome,
        outcome_words=words,
        outcome_tone=tone,
        note=view.note,
        no_data=", ".join(view.no_data),
        beside=", ".join(f"“{one['title']}”" for one in view.ran_beside),
        passed=tuple(
            PASSED.get(one) or f"let pass: {one.removeprefix('warn:').replace('_', ' ')}"
            for one in view.marks
        ),
        rows=rows_of(view, present),
    )


def rows_of(view: ChangeView, present: dict[int, SignalView]) -> tuple[Row, ...]:
    """Before beside since: the present where it runs, else what was frozen at its end."""
    rows = []
    for one in view.compared[:ROWS]:
        live = present.get(one.signal) if view.is_running else None
        tone = TONES[live.state if live else SignalState(one.state)][0]
        rows.append(
            Row(
                name=one.name,
                unit=one.unit,
                before=one.before,
                since=live.value if live else one.after,
                tone=tone,
                line=live.line if live else one.line,
                target_line=live.target_line if live else one.target_line,
            )
        )
    return tuple(rows)
