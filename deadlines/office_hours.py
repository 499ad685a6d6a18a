"""Office hours: when somebody who is not in an incident may be reminded of something."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from people.models import User

FRIDAY = 4


def next_office_moment(person: User, moment: datetime) -> datetime:
    """``moment`` if it lies in the person's office hours, else the start of the next ones, in UTC.

    Monday to Friday, from the person's ``office_start`` until before ``office_end``, by the clock
    on their wall: a day of 23 or 25 hours starts at the same time as any other.
    """
    return next_office_hour(
        moment, person.zone, _time(person.office_start), _time(person.office_end)
    )


def next_office_hour(moment: datetime, zone: ZoneInfo, start: time, end: time) -> datetime:
    """The same for a given zone and hours; an ``end`` not after ``start`` means midnight."""
    local = moment.astimezone(zone)
    day = local.date()
    is_open = start <= local.time() and (local.time() < end or end <= start)
    if local.weekday() <= FRIDAY and is_open:
        return moment.astimezone(UTC)
    if local.time() >= start or local.weekday() > FRIDAY:
        day += timedelta(days=1)
    while day.weekday() > FRIDAY:
        day += timedelta(days=1)
    # A start inside the hour that summer time leaves out is taken an hour later by zoneinfo's fold.
    return datetime.combine(day, start, zone).astimezone(UTC)


def local_moment(zone: ZoneInfo, moment: datetime, at: time) -> datetime:
    """The next time the wall clock of ``zone`` shows ``at``, ``moment`` itself included, in UTC."""
    local = moment.astimezone(zone)
    today = datetime.combine(local.date(), at, zone).astimezone(UTC)
    if today >= moment:
        return today
    return datetime.combine(local.date() + timedelta(days=1), at, zone).astimezone(UTC)


def _time(value: time | str) -> time:
    """A time as a fresh object may still hold it: the text of the field's default."""
    return time.fromisoformat(value) if isinstance(value, str) else value
