"""How long stakeholders may hear nothing: the interval of an incident, or its set times (P40, P42).

And what the composer may offer of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from incidents.record.models import Incident, SeverityPolicy
from incidents.record.queries import policy_for
from incidents.record.zones import is_night, morning_after, next_set_time, sleeps, zone_of

STEPS_MIN = (5, 10, 15, 20, 30, 45, 60, 120, 240)


def due_by_cadence(incident: Incident, at: datetime) -> datetime:
    """When the next update is due if nobody promises anything else, counted from ``at`` (P40).

    One interval later; in recovery at the next set time. One query at most.
    """
    if incident.is_in_recovery:
        return next_set_time(incident, at)
    return at + interval_of(incident)


def latest_next_update(incident: Incident, at: datetime) -> datetime:
    """The latest moment that the next update may be promised for, seen from ``at`` (P42).

    As ``due_by_cadence``; for a severity that lets people sleep, an interval that ends between
    20:00 and 09:00 of the incident's zone may end at 09:00. Three queries at most, one fewer of an
    incident that is locked.
    """
    due_at = due_by_cadence(incident, at)
    if incident.is_in_recovery or not sleeps(policy_for(incident)):
        return due_at
    zone = zone_of(incident)
    return morning_after(due_at, zone) if is_night(due_at, zone) else due_at


def interval_of(incident: Incident) -> timedelta:
    """How long silence may last: the incident's own interval, else its severity's. One query.

    The shorter of the two, since a severity raised later allows less. A day in recovery, give or
    take the hour of a clock change.
    """
    return interval_by(incident, policy_for(incident))


def interval_by(incident: Incident, policy: SeverityPolicy | None) -> timedelta:
    """The same by the policy of its severity at hand."""
    if incident.is_in_recovery:
        return timedelta(days=1)
    allowed = policy.update_interval_min if policy else 60
    return timedelta(minutes=min(incident.update_interval_min or allowed, allowed))


@dataclass(frozen=True)
class Offer:
    """A time that the next update may be promised for: in ``minutes``, or ``at`` a set moment.

    ``words`` say it without a clock time of their own, but for those that are set by a wall clock.
    """

    words: str
    minutes: int | None = None
    at: datetime | None = None


def offers(incident: Incident, at: datetime, policy: SeverityPolicy | None) -> list[Offer]:
    """What the composer offers for the next update at ``at``, what is meant most likely first.

    ``policy`` is that of its severity. No query in recovery and for a severity that wakes people,
    else three at most.
    """
    interval = interval_by(incident, policy)
    if incident.is_in_recovery:
        due_at = next_set_time(incident, at)
        local = due_at.astimezone(ZoneInfo(incident.cadence_zone))
        words = f"at {local:%H:%M} {incident.cadence_zone}, the next set time"
        first = Offer(words, at=due_at)
        return [first, *_sooner(int((due_at - at).total_seconds() // 60))]
    minutes = int(interval.total_seconds() // 60)
    limit = Offer(f"in {minutes} min, the {incident.severity.upper()} limit", minutes=minutes)
    found = [limit, *_sooner(minutes)]
    if sleeps(policy) and is_night(at + interval, zone := zone_of(incident)):
        nine = morning_after(at + interval, zone)
        is_today = nine.astimezone(zone).date() == at.astimezone(zone).date()
        found.insert(0, Offer("today at nine" if is_today else "tomorrow at nine", at=nine))
    return found


def _sooner(minutes: int) -> list[Offer]:
    return [Offer(f"in {one} min", minutes=one) for one in reversed(STEPS_MIN) if one < minutes]
