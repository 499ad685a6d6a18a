"""When a promised update is due soon: from the first step of its ladder on (P45)."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from incidents.cadence.intervals import interval_by
from incidents.record.models import DEFAULT_LADDER, LadderStep, SeverityPolicy


def soon_columns() -> dict[str, Any]:
    """What ``soon_at`` reads of an incident, in the incident's query."""
    policy = SeverityPolicy.objects.filter(severity=OuterRef("severity"))
    steps = LadderStep.objects.filter(policy__severity=OuterRef("severity")).order_by("minutes")
    return {
        "first_step_min": Subquery(steps.values("minutes")[:1]),
        "usual_interval_min": Subquery(policy.values("update_interval_min")[:1]),
    }


def soon_at(incident: Any) -> datetime | None:
    """The moment of the first step before the promised time, or nothing. No query.

    ``incident`` carries ``soon_columns``. As in the ladder, at most a third of the interval before.
    """
    if incident.next_update_at is None or not incident.makes_promises:
        return None
    first = incident.first_step_min
    if first is None:
        first = min(minutes for _, minutes, _ in DEFAULT_LADDER)
    usual = incident.usual_interval_min
    policy = None if usual is None else SeverityPolicy(update_interval_min=usual)
    before = min(timedelta(minutes=max(-first, 0)), interval_by(incident, policy) / 3)
    return incident.next_update_at - before if before else None
