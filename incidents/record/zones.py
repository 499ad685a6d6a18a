"""Decides whose clock an incident goes by, and when its people sleep (P40, P45)."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from deadlines.office_hours import local_moment
from incidents.record.models import Incident, SeverityPolicy, TimelineEntry
from people.models import User

MORNING = time(9, 0)
EVENING = time(20, 0)


def zone_of(incident: Incident) -> ZoneInfo:
    """The incident's zone: that of its recovery cadence, its first service owner's, its declarer's.

    Two queries at most.
    """
    if incident.cadence_zone:
        return ZoneInfo(incident.cadence_zone)
    owned = incident.services.filter(owner__is_active=True).select_related("owner").first()
    if owned is not None and owned.owner is not None:
        return owned.owner.zone
    declared = TimelineEntry.objects.filter(incident=incident, kind="declared")
    first = declared.select_related("actor").order_by("seq").first()
    return first.actor.zone if first is not None and first.actor is not None else User().zone


def lies_between(moment: time, start: time, end: time) -> bool:
    """Whether a wall clock's time lies from ``start`` until before ``end``, over midnight too."""
    return start <= moment < end if start <= end else moment >= start or moment < end


def is_night(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether it is night in ``zone``: from 20:00 until before 09:00."""
    return lies_between(moment.astimezone(zone).time(), EVENING, MORNING)


def morning_after(moment: datetime, zone: ZoneInfo) -> datetime:
    """The next 09:00 in ``zone``, ``moment`` itself included."""
    return local_moment(zone, moment, MORNING)


def sleeps(policy: SeverityPolicy | None) -> bool:
    """Whether incidents of this policy let people sleep at night (SEV3 and SEV4 as delivered)."""
    return policy is not None and not policy.wakes_at_night


def is_quiet(incident: Incident, moment: datetime) -> bool:
    """Whether ``moment`` lies in the quiet hours of a recovery. No query."""
    if not incident.is_in_recovery or incident.quiet_from is None or incident.quiet_until is None:
        return False
    local = moment.astimezone(ZoneInfo(incident.cadence_zone or "UTC")).time()
    return lies_between(local, incident.quiet_from, incident.quiet_until)


def quiet_ends(incident: Incident, moment: datetime) -> datetime | None:
    """When the quiet hours end that ``moment`` lies in, or nothing outside of them. No query."""
    if not is_quiet(incident, moment) or incident.quiet_until is None:
        return None
    return local_moment(ZoneInfo(incident.cadence_zone or "UTC"), moment, incident.quiet_until)


def next_set_time(incident: Incident, moment: datetime) -> datetime:
    """The next of the set times of a recovery after ``moment``. No query."""
    zone = ZoneInfo(incident.cadence_zone or "UTC")
    after = moment + timedelta(seconds=1)
    return min(local_moment(zone, after, one) for one in incident.set_times)
