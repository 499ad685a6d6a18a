"""When things of a review are due: pure arithmetic with office hours and working days.

The rows that enforce it are opened in ``actions``, their ladders stand in ``deadlines``.
"""

from datetime import UTC, datetime, time, timedelta

from deadlines.office_hours import next_office_moment
from people.models import User

EARLIEST_AFTER = timedelta(hours=48)
A_WEEK = timedelta(days=7)
SATURDAY = 5


def propose_meeting(facilitator: User | None, resolved_at: datetime, length_min: int) -> datetime:
    """The first hour of the facilitator's office from 48 h on that the whole meeting fits into.

    It starts on a full hour by the facilitator's wall; without a facilitator in UTC's.
    """
    moment = resolved_at + EARLIEST_AFTER
    if facilitator is None:
        return _next_full_hour(moment, UTC)
    zone = facilitator.zone
    for _ in range(24 * 14):
        moment = _next_full_hour(next_office_moment(facilitator, moment), zone)
        start = next_office_moment(facilitator, moment)
        end = start + timedelta(minutes=length_min - 1)
        if start == moment and next_office_moment(facilitator, end) == end:
            return start
        moment = max(start, moment + timedelta(hours=1))
    return moment


def add_working_days(moment: datetime, days: int, person: User | None) -> datetime:
    """``days`` days from Monday to Friday later, at the same time on the person's wall, in UTC."""
    local = moment.astimezone(person.zone if person else UTC)
    left = days
    while left:
        local += timedelta(days=1)
        if local.weekday() < SATURDAY:
            left -= 1
    return local.astimezone(UTC)


def morning_of(moment: datetime, person: User) -> datetime:
    """When the person's office opens on the working day of ``moment``, or the next one's, in UTC.

    All reminders of a day come at that one moment, so that they can come as one message.
    """
    local = moment.astimezone(person.zone)
    midnight = datetime.combine(local.date(), time.min, person.zone)
    return next_office_moment(person, midnight.astimezone(UTC))


def _next_full_hour(moment: datetime, zone: object) -> datetime:
    local = moment.astimezone(zone)  # type: ignore[arg-type]
    whole = local.replace(minute=0, second=0, microsecond=0)
    return (whole if whole == local else whole + timedelta(hours=1)).astimezone(UTC)
