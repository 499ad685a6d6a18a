"""Shows an update as everybody reads it: its parts, the frozen facts, the questions it answered.

One query and one dataclass feed the war room, the stakeholder page and its history, the review,
the API and the exports, so that they cannot differ (P41, P43).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, QuerySet
from markupsafe import Markup

from clock.written import written
from incidents.attachments.queries import FileView, files_in
from incidents.cards.queries import NextMove
from incidents.endstate.models import Comparator, SignalState
from incidents.endstate.sparklines import TONES
from incidents.record.columns import rows_of
from incidents.record.expected import ExpectedBack, frozen_expected_back
from incidents.record.models import Incident
from incidents.updates.models import Question, Update
from pages.markdown import as_plain, stored_html
from pages.numbers import said
from refusals.errors import NotVisible


@dataclass(frozen=True)
class Answered:
    """A question that an update answered, with its own line."""

    id: int
    text: str
    answer: str
    by: str
    asked_at: datetime


@dataclass(frozen=True)
class AtWork:
    """A card that ran when the update was written, who owned it and until when it had time."""

    title: str
    owner: str
    until: datetime | None


@dataclass(frozen=True)
class Measured:
    """A signal as it stood: its value and its state by colour, sign and word."""

    name: str
    unit: str
    value: float | None
    goal: str
    state: str

    @property
    def tone(self) -> str:
        """The colour's name."""
        return TONES[SignalState(self.state)][0]

    @property
    def sign(self) -> str:
        """The sign that stands beside the colour."""
        return TONES[SignalState(self.state)][1]


@dataclass(frozen=True)
class Counted:
    """Who was blocked, by the number as it was then."""

    journey: str
    blocked: str
    total: float
    unit: str
    currency: str
    at_least: bool


@dataclass(frozen=True)
class Told:
    """A published update with everything that was said and true at that moment."""

    id: int
    number: int
    by: str
    by_email: str
    published_at: datetime
    afterwards: bool
    was_late: bool
    is_all_clear: bool
    executive_summary: str
    status_text: str
    hypothesis: str
    current_action: str
    risks: str
    next_moves: list[str]
    next_update_at: datetime | None
    end_state: str
    technical_note: str
    technical_html: str
    what_follows: str
    watching: str
    files: list[dict[str, Any]] = field(default_factory=list)
    facts: Mapping[str, Any] = field(default_factory=dict)
    answers: list[Answered] = field(default_factory=list)

    @cached_property
    def moves(self) -> list[NextMove]:
        """The next moves, each with its by-when as it was meant then."""
        by_when: list[str | None] = [
            *self.facts.get("moves_by", []),
            *([None] * len(self.next_moves)),
        ]
        return [
            NextMove(text, datetime.fromisoformat(at) if at else None)
            for text, at in zip(self.next_moves, by_when, strict=False)
        ]

    @cached_property
    def expected_back(self) -> ExpectedBack | None:
        """When it was expected back, as far as somebody had said."""
        return frozen_expected_back(self.facts)

    @property
    def fewer_moves(self) -> str:
        """That fewer than two moves were planned, in words, or nothing."""
        return str(self.facts.get("fewer_than_two_moves", ""))

    @cached_property
    def review_at(self) -> datetime | None:
        """When the review was proposed for, where an all-clear opened one (P49)."""
        at = self.facts.get("review_at")
        return datetime.fromisoformat(at) if at else None

    @property
    def severity(self) -> str:
        """As it was."""
        return str(self.facts.get("severity", ""))

    @property
    def status(self) -> str:
        """As it was."""
        return str(self.facts.get("status", ""))

    @property
    def override(self) -> str:
        """Why it was resolved although the end state did not hold, or nothing."""
        return str(self.facts.get("override", ""))

    @cached_property
    def owners(self) -> dict[str, str]:
        """Who commanded, owned the fix and spoke, by role, as far as somebody did."""
        held = self.facts.get("owners", {})
        return {role: person["name"] for role, person in held.items() if person}

    @cached_property
    def signals(self) -> list[Measured]:
        """The signals as they stood."""
        return [
            Measured(
                name=one["name"],
                unit=one["unit"],
                value=one["value"],
                goal=" ".join(
                    [Comparator(one["comparator"]).label, said(one["target"]), one["unit"]]
                ).strip(),
                state=one["state"],
            )
            for one in self.facts.get("signals", [])
        ]

    @cached_property
    def impact(self) -> list[Counted]:
        """Who was blocked."""
        return [
            Counted(
                journey=one["journey"],
                blocked=one["blocked"],
                total=one["total"],
                unit=one["unit"],
                currency=one.get("currency", ""),
                at_least=one["at_least"],
            )
            for one in self.facts.get("impact", [])
        ]

    @property
    def decisions(self) -> list[str]:
        """What was decided since the update before."""
        return list(self.facts.get("decisions", []))

    @cached_property
    def at_work(self) -> list[AtWork]:
        """What ran at that moment, with owner and the end of its time box."""
        return [
            AtWork(
                title=one["title"],
                owner=one["owner"]["name"] if one["owner"] else "",
                until=datetime.fromisoformat(one["until"]) if one["until"] else None,
            )
            for one in self.facts.get("now", [])
        ]

    @property
    def carried(self) -> tuple[FileView, ...]:
        """The pictures and files that belong to the technical note."""
        return files_in(self.files)

    @property
    def note(self) -> Markup | None:
        """The note for engineers as it was rendered at publication, or nothing."""
        return stored_html(self.technical_html) if self.technical_html else None

    @property
    def technical(self) -> str:
        """The note with what it embeds, in Markdown, times in UTC (P43)."""
        parts = [self.technical_note] if self.technical_note else []
        if lines := [f"- {as_plain(text)}" for text in self.decisions]:
            parts.append("### Decisions since the last update\n\n" + "\n".join(lines))
        if lines := [_in_words(card) for card in self.at_work]:
            parts.append("### Now\n\n" + "\n".join(lines))
        return "\n\n".join(parts)


AS_WRITTEN = tuple(
    one.name for one in fields(Told) if one.name not in ("by", "by_email", "answers")
)
"""The parts of ``Told`` that stand in the row of an update as they are."""


def _in_words(card: AtWork) -> str:
    until = f", until {written(card.until)}" if card.until else ""
    return f"- {as_plain(card.title)}: {as_plain(card.owner) or 'nobody'}{until}"


def with_answers(updates: "QuerySet[Update]") -> "QuerySet[Update]":
    """``updates`` as ``told`` reads them: who wrote each and what it answered, in one query."""
    answered = Question.objects.filter(answered_in=OuterRef("pk")).order_by("pk")
    return updates.select_related("by").annotate(
        answer_rows=rows_of(answered, "id", "text", "answer", "asked_at", by="by__name")
    )


def told(update: Update) -> Told:
    """An update read by ``with_answers`` as everybody reads it. No query."""
    rows: list[dict[str, Any]] = update.answer_rows  # type: ignore[attr-defined]
    return Told(
        **{name: getattr(update, name) for name in AS_WRITTEN},
        by=update.by.name if update.by else "",
        by_email=update.by.email if update.by else "",
        answers=[
            Answered(**{**row, "asked_at": datetime.fromisoformat(row["asked_at"])}) for row in rows
        ],
    )


def told_updates(
    incident: Incident, *, before: int | None = None, limit: int | None = None
) -> list[Told]:
    """The updates of an incident, the newest first, ``before`` a number when given. One query."""
    updates = with_answers(incident.updates.order_by("-number"))
    if before is not None:
        updates = updates.filter(number__lt=before)
    return [told(update) for update in updates[:limit]]


def told_now(update: Update, incident: Incident) -> Told:
    """An update that was just published. One query where it answered something or stood already.

    Raises ``NotVisible`` where it is gone.
    """
    if hasattr(update, "answer_rows"):
        return told(update)
    found = told_update(incident, update.number)
    if found is None:
        raise NotVisible
    return found


def told_update(incident: Incident, number: int) -> Told | None:
    """One update of an incident by its number, or nothing. One query."""
    found = with_answers(incident.updates.filter(number=number)).first()
    return told(found) if found is not None else None
