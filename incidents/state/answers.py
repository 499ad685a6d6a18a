"""What the API answers about an incident as a whole."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Prefetch, QuerySet

from api.schema import Answer, OneOf, Person
from clock.queries import now
from incidents.agents.answers import (
    UnconfirmedAnswer,
    WaitingDraftAnswer,
    unconfirmed_answer,
    waiting_draft_answer,
)
from incidents.board.answers import BoardAnswer, board_answer
from incidents.cadence.intervals import interval_of
from incidents.cards.queries import board
from incidents.endstate.answers import EndStateAnswer, end_state_answer
from incidents.endstate.endings import ending_of
from incidents.escalations.answers import EscalationAnswer, waiting_answer
from incidents.hypotheses.answers import HypothesisAnswer, hypothesis_answer
from incidents.impact.answers import ImpactAnswer, impact_answer
from incidents.impact.queries import impacts_of
from incidents.line.answers import StopAnswer, StopCriterionAnswer, criterion_answer, stop_answer
from incidents.obligations.answers import ObligationAnswer, obligation_answer
from incidents.record.answers import ExpectedBackAnswer, expected_back_answer
from incidents.record.models import (
    SINGLE_SEATS,
    TIME_NAMES,
    Incident,
    Kind,
    RoleAssignment,
    RosterRole,
    Severity,
    Status,
)
from incidents.roster.answers import RoleAnswer, role_answer
from incidents.sidework.answers import PausedWorkAnswer, paused_answer
from incidents.state.attention import attention_of
from people.answers import email_of, person_answer


class TimeAnswer(Answer):
    """One stamp (docs/practices.md, *Times*): when, and where that is known from."""

    at: datetime | None
    source: Literal["auto", "manual", "inferred"] | None
    by: str | None
    reason: str | None


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
    ended_because: str
    times: dict[str, TimeAnswer]
    roles: list[RoleAnswer]
    invited: list[RoleAnswer]
    end_state: EndStateAnswer
    expected_back: ExpectedBackAnswer | None
    impact: list[ImpactAnswer]
    hypotheses: list[HypothesisAnswer]
    go_needed: bool
    board: BoardAnswer
    stopped: StopAnswer | None
    stop_criteria: list[StopCriterionAnswer]
    escalations: list[EscalationAnswer]
    next_update_at: datetime | None
    triage_until: datetime | None
    cadence: str | dict[str, Any]
    update_interval_min: int
    update_overdue: bool
    paused_work: list[PausedWorkAnswer]
    obligations: list[ObligationAnswer]
    money_shared: bool
    agents: bool
    unconfirmed: list[UnconfirmedAnswer]
    drafts: list[WaitingDraftAnswer]
    version: int


def incident_state(incident: Incident) -> IncidentAnswer:
    """Everything that everybody on an incident sees. Ten queries, however much it holds."""
    moment = now()
    ref, ending = incident.ref, ending_of(incident)
    attention, changes = attention_of(incident)
    current = incident.roles.filter(ended_at__isnull=True, person__is_active=True)
    roles = list(current.select_related("person"))
    return IncidentAnswer.of(
        incident,
        ref=ref,
        services=[service.slug for service in incident.services.all()],
        statement_confirmed=incident.statement_confirmed_at is not None,
        merged_into=ending.into or None if ending else None,
        ended_because=ending.why if ending else "",
        times={name: time_answer(incident, name) for name in TIME_NAMES},
        roles=[role_answer(role) for role in roles if role.accepted_at is not None],
        invited=[
            role_answer(role)
            for role in roles
            if role.accepted_at is None and role.role not in SINGLE_SEATS
        ],
        end_state=end_state_answer(incident, moment),
        expected_back=expected_back_answer(incident),
        impact=[impact_answer(impact, incident, moment) for impact in impacts_of(incident)],
        hypotheses=[hypothesis_answer(one) for one in attention.hypotheses],
        go_needed=changes.surprise is not None,
        board=board_answer(board(incident), ref, changes.of_cards),
        stopped=stop_answer(attention.stop) if attention.stop else None,
        stop_criteria=[criterion_answer(one, ref) for one in attention.criteria],
        escalations=[waiting_answer(one, ref) for one in attention.escalations],
        next_update_at=incident.next_update_at if incident.makes_promises else None,
        update_interval_min=int(interval_of(incident).total_seconds() // 60),
        update_overdue=incident.update_overdue_at(moment),
        paused_work=[paused_answer(one, ref) for one in attention.paused],
        obligations=[obligation_answer(one, ref, moment) for one in attention.obligations],
        money_shared=incident.money_shared,
        agents=incident.agents_on,
        unconfirmed=[unconfirmed_answer(one) for one in attention.unconfirmed],
        drafts=[waiting_draft_answer(one) for one in attention.drafts],
    )


def time_answer(incident: Incident, name: str) -> TimeAnswer:
    """One stamp with where it is known from."""
    at: datetime | None = getattr(incident, name)
    said = incident.time_sources.get(name, {})
    return TimeAnswer(
        at=at,
        source=said.get("source", "auto") if at else None,
        by=said.get("by"),
        reason=said.get("reason"),
    )


def with_line(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """``rows`` with what ``incident_line`` reads: two queries more."""
    commanders = (
        RoleAssignment.objects.active().filter(role=RosterRole.COMMANDER).select_related("person")
    )
    return rows.prefetch_related(
        "services", Prefetch("roles", queryset=commanders, to_attr="commanders")
    )


def incident_line(incident: Incident, moment: datetime) -> IncidentLine:
    """An incident of a list; its rows come from ``with_line``."""
    commanders: list[RoleAssignment] = incident.commanders  # type: ignore[attr-defined]
    commander = commanders[0].person if commanders else None
    return IncidentLine.of(
        incident,
        services=[service.slug for service in incident.services.all()],
        commander=email_of(commander),
        commander_person=person_answer(commander),
        next_update_at=incident.next_update_at if incident.makes_promises else None,
        update_overdue=incident.update_overdue_at(moment),
    )
