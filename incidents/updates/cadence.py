"""How long stakeholders may hear nothing: the interval of an incident (P40, P42)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from deadlines.office_hours import local_moment
from incidents.record.models import Incident, SeverityPolicy
from incidents.record.queries import policy_of


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
