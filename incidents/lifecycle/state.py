"""The whole incident as the API answers it, and as a line of a list."""

from datetime import datetime

from django.db.models import Prefetch, QuerySet

from clock.queries import now
from incidents.agents.answers import unconfirmed_answer, waiting_draft_answer
from incidents.board.answers import board_answer
from incidents.board.queries import board
from incidents.cadence.intervals import interval_of
from incidents.endstate.answers import end_state_answer
from incidents.endstate.endings import ending_of
from incidents.escalations.answers import waiting_answer
from incidents.hypotheses.answers import hypothesis_answer
from incidents.impact.answers import impact_answer
from incidents.impact.queries import impacts_of
from incidents.lifecycle.answers import IncidentAnswer, IncidentLine, TimeAnswer
from incidents.lifecycle.attention import attention_of
from incidents.line.answers import criterion_answer, stop_answer
from incidents.record.answers import expected_back_answer
from incidents.record.models import (
    SINGLE_SEATS,
    TIME_NAMES,
    Incident,
    RoleAssignment,
    RosterRole,
)
from incidents.roster.answers import role_answer
from incidents.sidework.answers import paused_answer
from people.answers import email_of, person_answer


def incident_state(incident: Incident) -> IncidentAnswer:
    """Everything that everybody on an incident sees. Ten queries, however much it holds."""
    moment = now()
    ref, ending = incident.ref, ending_of(incident)
    attention = attention_of(incident)
    current = incident.roles.filter(ended_at__isnull=True, person__is_active=True)
    roles = list(current.select_related("person"))
    return IncidentAnswer(
        ref=ref,
        title=incident.title,
        kind=incident.kind,
        severity=incident.severity,
        highest_severity=incident.highest_severity,
        status=incident.status,
        private=incident.private,
        services=[service.slug for service in incident.services.all()],
        statement=incident.statement,
        statement_confirmed=incident.statement_confirmed_at is not None,
        in_our_control=incident.in_our_control,
        beyond_our_control=incident.beyond_our_control,
        blocker=incident.blocker,
        chat_url=incident.chat_url,
        call_url=incident.call_url,
        caused_by_change=incident.caused_by_change,
        resolved_override=incident.resolved_override,
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
        go_needed=attention.changes.surprise is not None,
        board=board_answer(board(incident), ref, attention.changes.of_cards),
        stopped=stop_answer(attention.stop) if attention.stop else None,
        stop_criteria=[criterion_answer(one, ref) for one in attention.criteria],
        escalations=[waiting_answer(one, ref) for one in attention.escalations],
        next_update_at=incident.next_update_at if incident.makes_promises else None,
        triage_until=incident.triage_until,
        cadence=incident.cadence,
        update_interval_min=int(interval_of(incident).total_seconds() // 60),
        update_overdue=incident.update_overdue_at(moment),
        paused_work=[paused_answer(one, ref) for one in attention.paused],
        agents=incident.agents_on,
        unconfirmed=[unconfirmed_answer(one) for one in attention.unconfirmed],
        drafts=[waiting_draft_answer(one) for one in attention.drafts],
        version=incident.version,
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
    return IncidentLine(
        ref=incident.ref,
        title=incident.title,
        kind=incident.kind,
        severity=incident.severity,
        status=incident.status,
        private=incident.private,
        statement=incident.statement,
        services=[service.slug for service in incident.services.all()],
        commander=email_of(commander),
        commander_person=person_answer(commander),
        declared_at=incident.declared_at,
        resolved_at=incident.resolved_at,
        next_update_at=incident.next_update_at if incident.makes_promises else None,
        update_overdue=incident.update_overdue_at(moment),
        version=incident.version,
    )
