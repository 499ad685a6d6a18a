"""Promising the next update, and keeping it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from deadlines.actions import keep_deadline, open_deadline
from deadlines.office_hours import local_moment
from incidents.record.models import Incident, SeverityPolicy
from incidents.record.queries import policy_of
from incidents.roster.queries import speaker_of

UPDATE = "update"


def promise_update(incident: Incident, *, at: datetime, due_at: datetime) -> None:
    """Set the next promised update to ``due_at``, promised ``at``, and start its ladder.

    The caller holds the incident's lock and saves nothing of it but what is its own.
    """
    incident.next_update_at = due_at
    incident.promised_since = at
    incident.save(update_fields=["next_update_at", "promised_since"])
    open_deadline(
        UPDATE,
        incident,
        due_at=due_at,
        owner=speaker_of(incident),
        incident_id=incident.pk,
        incident_ref=incident.ref,
    )


def hurry_update(incident: Incident, *, at: datetime) -> None:
    """Count the promise from ``at`` by the present cadence, never later than promised (P40)."""
    if not incident.makes_promises:
        return
    due_at = latest_next_update(incident, at)
    if incident.next_update_at is not None:
        due_at = min(due_at, incident.next_update_at)
    if due_at != incident.next_update_at:
        promise_update(incident, at=at, due_at=due_at)


def keep_update(incident: Incident, *, at: datetime) -> None:
    """The promised update was published ``at``."""
    keep_deadline(UPDATE, incident, at=at, reason="An update was published.")


def latest_next_update(incident: Incident, at: datetime) -> datetime:
    """The latest moment that the next update may be promised for, seen from ``at`` (P42).

    One interval later; in recovery the next set time of the incident's zone.
    """
    if incident.daily_at is not None:
        zone = ZoneInfo(incident.cadence_zone or "UTC")
        return local_moment(zone, at + timedelta(seconds=1), incident.daily_at)
    return at + interval_of(incident)


def interval_of(incident: Incident) -> timedelta:
    """How long silence may last: the incident's own interval, else its severity's. One query.

    The shorter of the two, since a severity raised later allows less. A day in recovery, give or
    take the hour of a clock change.
    """
    return interval_by(incident, policy_of(incident.severity))


def interval_by(incident: Incident, policy: SeverityPolicy | None) -> timedelta:
    """The same by the policy of its severity at hand."""
    if incident.daily_at is not None:
        return timedelta(days=1)
    allowed = policy.update_interval_min if policy else 60
    return timedelta(minutes=min(incident.update_interval_min or allowed, allowed))


def hand_promise_over(incident: Incident) -> None:
    """Let the next update be owed by whoever speaks now, at the same time as promised."""
    if incident.makes_promises and incident.next_update_at is not None:
        open_deadline(
            UPDATE,
            incident,
            due_at=incident.next_update_at,
            owner=speaker_of(incident),
            incident_id=incident.pk,
            incident_ref=incident.ref,
        )
