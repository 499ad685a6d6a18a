"""Reads what asks for attention with the incident: stop, escalations, changes, what is owed."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from incidents.agents.queries import (
    DraftView,
    NoteView,
    agent_columns,
    drafts_in,
    unconfirmed_in,
)
from incidents.changes.shown import Changes, change_columns, changes_in
from incidents.escalations.queries import EscalationView, escalation_columns, escalations_in
from incidents.hypotheses.queries import (
    HypothesisView,
    hypotheses_in,
    hypothesis_columns,
)
from incidents.line.queries import CriterionView, StopView, criteria_in, line_columns, stop_in
from incidents.obligations.queries import ObligationView, obligation_columns, obligations_in
from incidents.record.models import Incident
from incidents.sidework.queries import PausedView, paused_columns, paused_in
from prepared import prepared


@dataclass(frozen=True)
class Attention:
    """What asks for attention in one incident, beside its changes."""

    stop: StopView | None
    criteria: list[CriterionView]
    escalations: list[EscalationView]
    paused: list[PausedView]
    hypotheses: list[HypothesisView]
    unconfirmed: list[NoteView]
    drafts: list[DraftView]
    obligations: list[ObligationView]

    @property
    def waiting(self) -> list[PausedView]:
        """Paused work that nobody settled."""
        return [one for one in self.paused if not one.outcome]


def attention_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``attention_in`` finds them.

    The changes come with ``change_columns``.
    """
    return {
        **line_columns(),
        **paused_columns(),
        **obligation_columns(),
        **escalation_columns(),
        **hypothesis_columns(),
        **agent_columns(),
    }


def attention_in(incident: Any) -> Attention:
    """What asks for attention in an incident that was read with ``attention_columns``."""
    return Attention(
        stop=stop_in(incident),
        criteria=criteria_in(incident),
        escalations=escalations_in(incident),
        paused=paused_in(incident),
        hypotheses=hypotheses_in(incident),
        unconfirmed=unconfirmed_in(incident),
        drafts=drafts_in(incident),
        obligations=obligations_in(incident),
    )


def attention_of(incident: Incident) -> tuple[Attention, Changes]:
    """The same for an incident at hand, and its changes. One query."""
    row = _with_both.first(incident.pk)
    return attention_in(row), changes_in(row)


@prepared
def _with_both(incident: int) -> "QuerySet[Incident]":
    found = Incident.objects.filter(pk=incident).order_by()
    return found.annotate(**attention_columns(), **change_columns())


@prepared
def with_attention(incident: int) -> "QuerySet[Incident]":
    """The incident with what ``attention_in`` reads."""
    return Incident.objects.filter(pk=incident).order_by().annotate(**attention_columns())


@prepared
def with_changes(incident: int) -> "QuerySet[Incident]":
    """The incident with what ``changes_in`` reads."""
    return Incident.objects.filter(pk=incident).order_by().annotate(**change_columns())
