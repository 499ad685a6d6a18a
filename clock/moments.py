"""Decides which moments can be meant: one range for all, and the hours that clocks leave out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

#: Moments outside of these are typing mistakes, and arithmetic with them could overflow.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
OUT_OF_RANGE = "Times lie between the years 1970 and 2199."

#: How far the clock of a program may run ahead of ours.
AHEAD = timedelta(minutes=5)
#: The same for somebody who says when; and how much a promise may pass its latest time.
SKEW = timedelta(seconds=30)


def in_range(moment: datetime) -> datetime:
    """``moment`` in UTC; raises ``ValueError`` with a sentence outside of the range."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(OUT_OF_RANGE) from error
    if not EARLIEST <= moment < LATEST:
        raise ValueError(OUT_OF_RANGE)
    return moment


def moment_in(zone: ZoneInfo, local: datetime) -> datetime:
    """The moment at which clocks in ``zone`` show ``local`` (without a zone of its own), in UTC.

    Of an hour that comes twice the first is meant. Raises ``ValueError`` outside of the range and
    for a time that the change to summer time leaves out.
    """
    moment = in_range(local.replace(tzinfo=zone))
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(fold=0):
        later = moment.astimezone(zone)
        raise ValueError(
            f"There is no {local:%H:%M} on that day: clocks in {zone.key.replace('_', ' ')} go "
            f"forward then. {later:%H:%M} is the same moment."
        )
    return moment


def until_now(at: datetime, moment: datetime, *, ahead: timedelta = AHEAD) -> datetime | None:
    """When something happened that is dated ``at``, seen from ``moment``.

    What lies ahead by no more than a clock may be wrong happened at ``moment``; nothing for more.
    """
    if at > moment + ahead:
        return None
    return min(at, moment)
