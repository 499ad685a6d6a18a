"""The policy of a severity, the ladder of its promised update, what a record can be filtered by."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from incidents.record.kinds import KINDS
from incidents.record.locking import is_locked
from incidents.record.models import (
    DEFAULT_LADDER,
    DUE_STEP,
    Incident,
    LadderStep,
    SeverityPolicy,
    TimelineEntry,
)
from people.models import User
from prepared import prepared


def policy_of(severity: str) -> SeverityPolicy | None:
    """The policy of a severity, or nothing where its row was deleted. One query."""
    return _policy.first(severity)


def policy_for(incident: Incident) -> SeverityPolicy | None:
    """The policy of the severity it has now, or nothing where its row was deleted.

    One query; of an incident that is locked it is asked once.
    """
    kept = incident.__dict__.setdefault("policies", {}) if is_locked(incident) else {}
    if incident.severity not in kept:
        kept[incident.severity] = policy_of(incident.severity)
    policy: SeverityPolicy | None = kept[incident.severity]
    return policy


@prepared
def _policy(severity: str) -> "QuerySet[SeverityPolicy]":
    steps = LadderStep.objects.filter(policy=OuterRef("pk")).order_by()
    rows = SeverityPolicy.objects.filter(severity=severity).order_by()
    step = JSONObject(name="name", minutes="minutes", audience="audience")
    return rows.annotate(step_rows=ArraySubquery(steps.values(row=step)))


def ladder_by(policy: SeverityPolicy | None) -> list[tuple[str, int, str]]:
    """Name, minutes after the due time and audience of every step, in their order. No query.

    ``policy`` is one that ``policy_of`` or ``policy_for`` found. The steps of P45 where it has
    none; the one at the due time is always among them.
    """
    rows: list[dict[str, Any]] = [] if policy is None else policy.step_rows  # type: ignore[attr-defined]
    steps = [(row["name"], row["minutes"], row["audience"]) for row in rows]
    return whole(steps, DEFAULT_LADDER)


def whole(
    rows: Sequence[tuple[str, int, str]], default: Sequence[tuple[str, int, str]]
) -> list[tuple[str, int, str]]:
    """Steps in their order: ``default`` where there are no rows, and never without the due one."""
    steps = [*rows] or [*default]
    if all(name != DUE_STEP for name, _, _ in steps):
        steps += [step for step in default if step[0] == DUE_STEP]
    return sorted(steps, key=lambda step: (step[1], step[0] != DUE_STEP, step[0]))


WHO_WROTE = """
WITH RECURSIVE wrote AS (
  (SELECT actor_id FROM incidents_timelineentry
   WHERE incident_id = %s AND actor_id IS NOT NULL ORDER BY actor_id, seq LIMIT 1)
  UNION ALL
  SELECT (SELECT actor_id FROM incidents_timelineentry
          WHERE incident_id = %s AND actor_id > wrote.actor_id ORDER BY actor_id, seq LIMIT 1)
  FROM wrote WHERE wrote.actor_id IS NOT NULL)
SELECT actor_id FROM wrote WHERE actor_id IS NOT NULL
"""
"""Steps through the index from one writer to the next; PostgreSQL skips to none by itself, and may
answer "did this person write?" by reading every entry."""


def actors_of(incident: Incident) -> QuerySet[User]:
    """Everybody who wrote an entry of the record, by name: one look into an index a person."""
    people: QuerySet[User] = User.objects.filter(
        pk__in=RawSQL(WHO_WROTE, (incident.pk, incident.pk))  # noqa: S611 - no text of anybody's
    )
    return people.order_by("name", "pk")


def kinds_of(incident: Incident) -> set[str]:
    """The kinds of entry that occur in the record: one look into an index a kind."""
    present = [
        TimelineEntry.objects.filter(incident=incident, kind=kind)
        .order_by()
        .values_list("kind", flat=True)[:1]
        for kind in KINDS
    ]
    return set(present[0].union(*present[1:], all=True))
