"""What the war room's calls answer: every thing as JSON, built in one place.

People are e-mail addresses (``owner``, ``pair``, ``by``, ``actor``, ``person``); beside each stands
who that is: ``owner_person: {email, name}``, and for ``person`` the keys ``email`` and ``name``.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from incidents.api.calls import (
    EscalationAnswer,
    PausedWorkAnswer,
    StopAnswer,
    StopCriterionAnswer,
)
from incidents.models import (
    Card,
    Column,
    Comparator,
    Kind,
    Question,
    Risk,
    RoleAssignment,
    RosterRole,
    Severity,
    SignalState,
    Source,
    Status,
    TimelineEntry,
    Update,
)
from incidents.queries.board import Board
from people.api import person_answer
from people.models import User
from wire.schema import Answer, OneOf, Person


def email_of(user: User | None) -> str | None:
    """The address that stands for somebody, or nobody."""
    return user.email if user else None


class TimeAnswer(Answer):
    """One stamp of PRODUCT section 4: when, and where that is known from."""

    at: datetime | None
    source: Literal["auto", "manual", "inferred"] | None
    by: str | None
    reason: str | None


class RoleAnswer(Answer):
    """Somebody in a role, from ``started_at`` on."""

    id: int
    role: Annotated[str, OneOf(RosterRole)]
    person: str
    email: str
    name: str
    note: str
    started_at: datetime
    accepted_at: datetime | None
    asked_at: datetime | None
    ended_at: datetime | None


class AgreementAnswer(Answer):
    """Somebody on the roster who agrees to the end state as it is worded now."""

    person: str
    email: str
    name: str
    at: datetime


class SignalAnswer(Answer):
    """A signal with its newest value and the state that follows from its samples now."""

    id: int
    incident: str
    name: str
    unit: str
    comparator: Annotated[str, OneOf(Comparator)]
    target: float
    hold_s: int
    stale_after_s: int
    required: bool
    query: str
    value: float | None
    at: datetime | None
    state: Annotated[str, OneOf(SignalState)]
    held_s: int


class EndStateAnswer(Answer):
    """What good looks like, who agrees, and the signals that prove it."""

    text: str
    written_at: datetime | None
    agreed: list[AgreementAnswer]
    signals: list[SignalAnswer]


class ImpactAnswer(Answer):
    """Who is blocked; ``total`` is the number now, by rate or by signal."""

    id: int
    incident: str
    journey: str
    blocked: str
    amount: float
    unit: str
    at: datetime
    per_minute: float | None
    signal: int | None
    total: float


class CardAnswer(Answer):
    """One step of work; ``marks`` are soft rules that were let pass."""

    id: int
    incident: str
    title: str
    column: Annotated[str, OneOf(Column)]
    position: int
    owner: str | None
    owner_person: Person | None
    pair: str | None
    pair_person: Person | None
    time_box_min: int | None
    time_box_reason: str
    time_box_ends_at: datetime | None
    entered_now_at: datetime | None
    serves: Literal["end_state"] | int | None
    expected_proof: str
    proof: str
    done_at: datetime | None
    risk: Annotated[str, OneOf(Risk)] | None
    source: Annotated[str, OneOf(Source)]
    ai_tool: str
    marks: list[Any]
    version: int


class BoardAnswer(Answer):
    """The cards by column, in their order."""

    now: list[CardAnswer]
    next: list[CardAnswer]
    done: list[CardAnswer]
    parked: list[CardAnswer]


class IncidentLine(Answer):
    """An incident in a list."""

    ref: str
    title: str
    kind: Annotated[str, OneOf(Kind)]
    severity: Annotated[str, OneOf(Severity)]
    status: Annotated[str, OneOf(Status)]
    private: bool
    statement: str
    services: list[str]
    commander: str | None
    commander_person: Person | None
    declared_at: datetime
    resolved_at: datetime | None
    next_update_at: datetime | None
    update_overdue: bool
    version: int


class IncidentAnswer(Answer):
    """The whole state of an incident, as everybody on it sees it."""

    ref: str
    title: str
    kind: Annotated[str, OneOf(Kind)]
    severity: Annotated[str, OneOf(Severity)]
    highest_severity: Annotated[str, OneOf(Severity)]
    status: Annotated[str, OneOf(Status)]
    private: bool
    services: list[str]
    statement: str
    statement_confirmed: bool
    in_our_control: str
    beyond_our_control: str
    blocker: str
    chat_url: str
    call_url: str
    caused_by_change: bool | None
    resolved_override: str
    merged_into: str | None
    times: dict[str, TimeAnswer]
    roles: list[RoleAnswer]
    end_state: EndStateAnswer
    impact: list[ImpactAnswer]
    board: BoardAnswer
    stopped: StopAnswer | None
    stop_criteria: list[StopCriterionAnswer]
    escalations: list[EscalationAnswer]
    next_update_at: datetime | None
    update_interval_min: int
    update_overdue: bool
    paused_work: list[PausedWorkAnswer]
    version: int


class UpdateAnswer(Answer):
    """A published update with the facts frozen into it."""

    id: int
    incident: str
    number: int
    by: str | None
    by_person: Person | None
    published_at: datetime
    is_all_clear: bool
    status_text: str
    hypothesis: str
    current_action: str
    risks: str
    next_moves: list[str]
    executive_summary: str
    technical_note: str
    what_follows: str
    watching: str
    next_update_at: datetime | None
    end_state: str
    facts: dict[str, Any]
    was_late: bool


class QuestionAnswer(Answer):
    """A stakeholder's question and what became of it."""

    id: int
    incident: str
    text: str
    by: str
    by_person: Person
    asked_at: datetime
    answer_by: datetime | None
    answer: str
    answered_at: datetime | None
    answered_by: str | None
    declined_at: datetime | None
    declined_because: str


class EntryAnswer(Answer):
    """One line of the record."""

    seq: int
    at: datetime
    recorded_at: datetime
    afterwards: bool
    kind: str
    actor: str | None
    actor_person: Person | None
    text: str
    data: dict[str, Any]


def role_answer(role: RoleAssignment) -> RoleAnswer:
    """A role; ``person`` is loaded."""
    return RoleAnswer(
        id=role.pk,
        role=role.role,
        person=role.person.email,
        email=role.person.email,
        name=role.person.name,
        note=role.note,
        started_at=role.started_at,
        accepted_at=role.accepted_at,
        asked_at=role.asked_at,
        ended_at=role.ended_at,
    )


def card_answer(card: Card, ref: str) -> CardAnswer:
    """A card; ``owner`` and ``pair`` are loaded."""
    return CardAnswer(
        id=card.pk,
        incident=ref,
        title=card.title,
        column=card.column,
        position=card.position,
        owner=email_of(card.owner),
        owner_person=person_answer(card.owner),
        pair=email_of(card.pair),
        pair_person=person_answer(card.pair),
        time_box_min=card.time_box_min,
        time_box_reason=card.time_box_reason,
        time_box_ends_at=card.time_box_ends_at,
        entered_now_at=card.entered_now_at,
        serves="end_state" if card.serves_end_state else card.serves_signal_id,
        expected_proof=card.expected_proof,
        proof=card.proof,
        done_at=card.done_at,
        risk=card.risk or None,
        source=card.source,
        ai_tool=card.ai_tool,
        marks=card.marks,
        version=card.version,
    )


def board_answer(board: Board, ref: str) -> BoardAnswer:
    """The board, each column in its order."""
    return BoardAnswer(
        now=[card_answer(card, ref) for card in board.now],
        next=[card_answer(card, ref) for card in board.next],
        done=[card_answer(card, ref) for card in board.done],
        parked=[card_answer(card, ref) for card in board.parked],
    )


def update_answer(update: Update, ref: str) -> UpdateAnswer:
    """An update; ``by`` is loaded."""
    return UpdateAnswer(
        id=update.pk,
        incident=ref,
        number=update.number,
        by=email_of(update.by),
        by_person=person_answer(update.by),
        published_at=update.published_at,
        is_all_clear=update.is_all_clear,
        status_text=update.status_text,
        hypothesis=update.hypothesis,
        current_action=update.current_action,
        risks=update.risks,
        next_moves=update.next_moves,
        executive_summary=update.executive_summary,
        technical_note=update.technical_note,
        what_follows=update.what_follows,
        watching=update.watching,
        next_update_at=update.next_update_at,
        end_state=update.end_state,
        facts=update.facts,
        was_late=update.was_late,
    )


def question_answer(question: Question, ref: str) -> QuestionAnswer:
    """A question; ``by`` and ``answered_by`` are loaded."""
    return QuestionAnswer(
        id=question.pk,
        incident=ref,
        text=question.text,
        by=question.by.email,
        by_person=Person(email=question.by.email, name=question.by.name),
        asked_at=question.asked_at,
        answer_by=question.answer_by,
        answer=question.answer,
        answered_at=question.answered_at,
        answered_by=email_of(question.answered_by),
        declined_at=question.declined_at,
        declined_because=question.declined_because,
    )


def entry_answer(entry: TimelineEntry) -> EntryAnswer:
    """A line of the record; ``actor`` is loaded."""
    return EntryAnswer(
        seq=entry.seq,
        at=entry.at,
        recorded_at=entry.recorded_at,
        afterwards=entry.afterwards,
        kind=entry.kind,
        actor=email_of(entry.actor),
        actor_person=person_answer(entry.actor),
        text=entry.text,
        data=entry.data,
    )
