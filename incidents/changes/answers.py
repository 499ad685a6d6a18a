"""What the API answers about changes."""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet

from api.schema import Answer, OneOf
from incidents.changes.models import (
    PEOPLE,
    Change,
    ChangeState,
    Moment,
    Outcome,
    Snapshot,
)
from incidents.changes.snapshots import snapshots_of
from incidents.endstate.models import Comparator, SignalState
from people.answers import email_of
from prepared import prepared


class SnapshotAnswer(Answer):
    """One signal as it stood; ``points`` are (minute, value) of the hour before."""

    signal: int
    name: str
    unit: str
    comparator: Annotated[str, OneOf(Comparator)]
    target: float
    value: float | None
    at: datetime | None
    state: Annotated[str, OneOf(SignalState)]
    points: list[tuple[float, float]]


class ChangeAnswer(Answer):
    """One alteration of production with what was measured before and after."""

    id: int
    incident: str
    card: int
    state: Annotated[str, OneOf(ChangeState)]
    expectation: str
    rollback: str
    hypothesis: int | None
    hypothesis_text: str | None
    risk: str
    reversible: bool | None
    rolls_back: int | str | None
    quick_fix: bool
    source: str
    ai_tool: str
    written_in_s: int | None
    asked_at: datetime | None
    asked_by: str | None
    approved_at: datetime | None
    approved_by: str | None
    recorded_by: str | None
    look_again: str
    started_at: datetime | None
    started_by: str | None
    ran_beside: list[Any]
    finished_at: datetime | None
    finished_by: str | None
    outcome: Annotated[str, OneOf(Outcome)] | None
    note: str
    no_data: list[str]
    afterwards: bool
    marks: list[Any]
    signals_before: list[SnapshotAnswer]
    signals_after: list[SnapshotAnswer]
    version: int


def change_answer(change: Change | int) -> ChangeAnswer:
    """A change as it stands: what an action answered (one query at most), or an id: two."""
    if isinstance(change, int):
        (change,) = _whole(change)
    snapshots = snapshots_of(change)
    return ChangeAnswer.of(
        change,
        incident=change.incident.ref,
        card=change.card_id,
        hypothesis=change.hypothesis_id,
        hypothesis_text=change.hypothesis.text if change.hypothesis else None,
        rolls_back=change.rolls_back_id or change.undoes or None,
        asked_by=email_of(change.asked_by),
        approved_by=email_of(change.approved_by),
        recorded_by=email_of(change.approval_recorded_by),
        started_by=email_of(change.started_by),
        finished_by=email_of(change.finished_by),
        outcome=change.outcome or None,
        signals_before=[_snapshot(one) for one in snapshots if one.moment == Moment.BEFORE],
        signals_after=[_snapshot(one) for one in snapshots if one.moment == Moment.AFTER],
    )


@prepared
def _whole(change: int) -> "QuerySet[Change]":
    changes = Change.objects.filter(pk=change).order_by()
    return changes.select_related("incident", "hypothesis", *PEOPLE)


def _snapshot(one: Snapshot) -> SnapshotAnswer:
    return SnapshotAnswer.of(one, signal=one.signal_id)
