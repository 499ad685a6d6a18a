"""The whole state of an incident as the API answers it, in a constant number of queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from clock.queries import now
from incidents.actions.promises import interval_of
from incidents.api.answers import (
    AgreementAnswer,
    EndStateAnswer,
    ImpactAnswer,
    IncidentAnswer,
    IncidentLine,
    SignalAnswer,
    TimeAnswer,
    board_answer,
    email_of,
    role_answer,
)
from incidents.api.calls import criterion_answer, paused_answer, stop_answer, waiting_answer
from incidents.models import (
    TIME_NAMES,
    Impact,
    Incident,
    RoleAssignment,
    RosterRole,
)
from incidents.queries.board import board
from incidents.queries.calls import calls_of
from incidents.queries.impact import impact_total, impacts_of
from incidents.queries.signals import SignalNow, signals_with_state
from people.api import person_answer
from refusals.errors import Refused


def incident_state(incident: Incident) -> IncidentAnswer:
    """Everything that everybody on an incident sees. Ten queries, however much it holds."""
    moment = now()
    ref = incident.ref
    calls = calls_of(incident)
    roles = incident.roles.filter(ended_at__isnull=True).select_related("person")
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
        merged_into=incident.merged_into.ref if incident.merged_into else None,
        times={name: time_answer(incident, name) for name in TIME_NAMES},
        roles=[role_answer(role) for role in roles],
        end_state=end_state_answer(incident, moment),
        impact=[impact_answer(impact, incident, moment) for impact in impacts_of(incident)],
        board=board_answer(board(incident), ref),
        stopped=stop_answer(calls.stop) if calls.stop else None,
        stop_criteria=[criterion_answer(one, ref) for one in calls.criteria],
        escalations=[waiting_answer(one, ref) for one in calls.escalations],
        next_update_at=incident.next_update_at if incident.makes_promises else None,
        update_interval_min=int(interval_of(incident).total_seconds() // 60),
        update_overdue=incident.update_overdue_at(moment),
        paused_work=[paused_answer(one, ref) for one in calls.paused],
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


def end_state_answer(incident: Incident, moment: datetime) -> EndStateAnswer:
    """The end state, who agrees, and its signals with their states at ``moment``."""
    agreements = incident.agreements.select_related("person").order_by("at", "id")
    return EndStateAnswer(
        text=incident.end_state,
        written_at=incident.end_state_at,
        agreed=[
            AgreementAnswer(
                person=agreement.person.email,
                email=agreement.person.email,
                name=agreement.person.name,
                at=agreement.at,
            )
            for agreement in agreements
        ],
        signals=[
            signal_answer(found, incident.ref) for found in signals_with_state(incident, moment)
        ],
    )


def signal_answer(found: SignalNow, ref: str) -> SignalAnswer:
    """A signal with its newest value and the state it had when asked."""
    signal = found.signal
    return SignalAnswer(
        id=signal.pk,
        incident=ref,
        name=signal.name,
        unit=signal.unit,
        comparator=signal.comparator,
        target=signal.target,
        hold_s=signal.hold_s,
        stale_after_s=signal.stale_after_s,
        required=signal.required,
        query=signal.query,
        value=found.value,
        at=found.at,
        state=found.state,
        held_s=found.held_s,
    )


def impact_answer(impact: Impact, incident: Incident, moment: datetime) -> ImpactAnswer:
    """A line of the impact with its total at ``moment``."""
    return ImpactAnswer(
        id=impact.pk,
        incident=incident.ref,
        journey=impact.journey,
        blocked=impact.blocked,
        amount=float(impact.amount),
        unit=impact.unit,
        at=impact.at,
        per_minute=None if impact.per_minute is None else float(impact.per_minute),
        signal=impact.signal_id,
        total=float(impact_total(impact, incident, moment)),
    )


def with_line(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """``rows`` with what ``incident_line`` reads: two queries more."""
    commanders = RoleAssignment.objects.filter(
        role=RosterRole.COMMANDER, ended_at__isnull=True
    ).select_related("person")
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


@contextmanager
def current_incident(incident: Incident) -> Iterator[None]:
    """Let a ``stale`` refusal carry the incident as it is now, in the words of this API."""
    try:
        yield
    except Refused as refused:
        if refused.code == "stale":
            fresh = Incident.objects.get(pk=incident.pk)
            refused.facts["current"] = incident_state(fresh).model_dump()
        raise
