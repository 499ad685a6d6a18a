"""Office hours by the clock on the wall, also when that clock is moved."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from deadlines.office_hours import local_moment, next_office_hour, next_office_moment
from people.models import User

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
AUCKLAND = ZoneInfo("Pacific/Auckland")


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected", "why"),
    [
        ("2026-03-04 10:00", "2026-03-04 10:00", "a Wednesday morning is an office hour"),
        ("2026-03-04 07:59", "2026-03-04 08:00", "before nine in Berlin"),
        ("2026-03-04 07:59:59", "2026-03-04 08:00", "the last second before nine"),
        ("2026-03-04 08:00", "2026-03-04 08:00", "nine sharp"),
        ("2026-03-04 15:59:59", "2026-03-04 15:59:59", "the last second"),
        ("2026-03-04 16:00", "2026-03-05 08:00", "after five"),
        ("2026-03-06 16:00", "2026-03-09 08:00", "Friday evening waits for Monday"),
        ("2026-03-07 10:00", "2026-03-09 08:00", "Saturday"),
        ("2026-03-08 23:30", "2026-03-09 08:00", "Monday in Berlin already"),
        ("2026-03-27 18:00", "2026-03-30 07:00", "summer time begins on Sunday, a day of 23 hours"),
        ("2026-10-23 18:00", "2026-10-26 08:00", "winter time begins on Sunday, a day of 25 hours"),
    ],
)
def test_the_next_office_hour_in_berlin(moment: str, expected: str, why: str) -> None:
    assert next_office_hour(at(moment), BERLIN, time(9), time(17)) == at(expected), why


def test_a_person_has_their_own_hours_and_zone() -> None:
    night = at("2026-03-04 22:00")
    person = User(time_zone="Pacific/Auckland", office_start=time(7, 30), office_end=time(12))
    assert next_office_moment(person, night) == night, "eleven in the morning there"
    newcomer = User(time_zone="America/New_York")
    assert next_office_moment(newcomer, night) == at("2026-03-05 14:00")


@pytest.mark.parametrize(
    ("zone", "moment", "wall", "expected"),
    [
        (BERLIN, "2026-03-04 07:00", time(9), "2026-03-04 08:00"),
        (BERLIN, "2026-03-04 08:00", time(9), "2026-03-04 08:00"),
        (BERLIN, "2026-03-04 08:01", time(9), "2026-03-05 08:00"),
        # 23 hours between two mornings, and 25.
        (BERLIN, "2026-03-28 08:30", time(9), "2026-03-29 07:00"),
        (BERLIN, "2026-10-24 07:30", time(9), "2026-10-25 08:00"),
        # An hour that does not exist is taken after the gap, one that comes twice the first time.
        (BERLIN, "2026-03-29 00:00", time(2, 30), "2026-03-29 01:30"),
        (BERLIN, "2026-10-25 00:00", time(2, 30), "2026-10-25 00:30"),
        (NEW_YORK, "2026-03-08 05:00", time(9), "2026-03-08 13:00"),
        (AUCKLAND, "2026-04-04 19:00", time(9), "2026-04-04 21:00"),
    ],
)
def test_the_next_time_the_wall_clock_shows(
    zone: ZoneInfo, moment: str, wall: time, expected: str
) -> None:
    assert local_moment(zone, at(moment), wall) == at(expected)
