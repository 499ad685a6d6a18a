"""Stops, escalations, paused work, hypotheses and changes, read as columns of the incident."""

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
from incidents.record.models import Incident
from incidents.sidework.queries import PausedView, paused_columns, paused_in
from prepared import prepared


@dataclass(frozen=True)
class Calls:
    """All of it for one incident."""

    stop: StopView | None
    criteria: list[CriterionView]
    escalations: list[EscalationView]
    paused: list[PausedView]
    hypotheses: list[HypothesisView]
    changes: Changes
    unconfirmed: list[NoteView]
    drafts: list[DraftView]

    @property
    def waiting(self) -> list[PausedView]:
        """Paused work that nobody settled."""
        return [one for one in self.paused if not one.outcome]


def call_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``calls_in`` finds it in its rows."""
    return {
        **line_columns(),
        **paused_columns(),
        **escalation_columns(),
        **hypothesis_columns(),
        **change_columns(),
        **agent_columns(),
    }


def calls_in(incident: Any) -> Calls:
    """The calls of an incident that was read with ``call_columns``."""
    return Calls(
        stop=stop_in(incident),
        criteria=criteria_in(incident),
        escalations=escalations_in(incident),
        paused=paused_in(incident),
        hypotheses=hypotheses_in(incident),
        changes=changes_in(incident),
        unconfirmed=unconfirmed_in(incident),
        drafts=drafts_in(incident),
    )


def calls_of(incident: Incident) -> Calls:
    """The same for an incident at hand. One query."""
    return calls_in(_with_calls.first(incident.pk))


@prepared
def _with_calls(incident: int) -> "QuerySet[Incident]":
    return Incident.objects.filter(pk=incident).order_by().annotate(**call_columns())
