"""Reading when something happened, as people and programs say it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clock.moments import AHEAD, in_range, moment_in, until_now
from refusals.errors import Invalid

NO_MOMENT = "Use a date and a time, such as 2026-11-21 03:15."


def typed_moment(text: str, zone: ZoneInfo) -> datetime:
    """The moment somebody in ``zone`` typed, in UTC.

    Raises ``ValueError`` with a sentence for what is no date and time, outside of the range, or in
    an hour that clocks leave out.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(NO_MOMENT) from error
    return in_range(moment) if moment.tzinfo else moment_in(zone, moment)


def carried_moment(text: str) -> datetime | None:
    """The moment that a hidden field or a choice carries with its zone, in UTC; or nothing."""
    try:
        moment = datetime.fromisoformat(text)
        return in_range(moment) if moment.tzinfo else None
    except ValueError:
        return None


def happened(
    field: str, at: datetime | None, moment: datetime, *, ahead: timedelta = AHEAD
) -> datetime | None:
    """When something happened that is dated ``at``, seen from ``moment``; nothing stays nothing.

    A date ``ahead`` by no more than a clock may be wrong is ``moment``. Raises ``Invalid`` for
    more.
    """
    if at is None:
        return None
    found = until_now(at, moment, ahead=ahead)
    if found is None:
        raise Invalid({field: "That is in the future."})
    return found


def span(length: timedelta | float | None) -> str:
    """A length of time (seconds or timedelta) as people say it: ``41 min``, ``2 h 05 min``."""
    if length is None:
        return ""
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    sign, seconds = ("−" if seconds < 0 else ""), abs(seconds)
    if seconds < 60:
        return f"{sign}{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{sign}{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{sign}{hours} h {minutes:02} min" if minutes else f"{sign}{hours} h"
    return f"{sign}{hours // 24} d {hours % 24} h"
