"""Writes moments into sentences that are stored, and reads them again in the zone of their reader.

A sentence is written once and read in many zones. So a moment stands in it in one form, which says
all of it, and is never cut to what its writer's wall shows.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITTEN = re.compile(
    rf"\b(\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d)(?::(\d\d))? UTC\b", re.ASCII
)


def written(at: datetime, *, to_the_second: bool = False) -> str:
    """``at`` as it stands in a stored sentence: ``27 Nov 2026 22:05 UTC``."""
    at = at.astimezone(UTC)
    seconds = f":{at:%S}" if to_the_second else ""
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M}{seconds} UTC"


def parts_of(text: str) -> Iterator[str | datetime]:
    """The words of ``text`` and the moments in it, in turn. What no calendar has is words."""
    done = 0
    for found in _WRITTEN.finditer(text):
        day, month, year, hour, minute, second = found.groups()
        try:
            at = datetime(
                int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute),
                int(second or 0), tzinfo=UTC,
            )  # fmt: skip
        except ValueError:
            continue
        if before := text[done : found.start()]:
            yield before
        yield at
        done = found.end()
    if rest := text[done:]:
        yield rest


def in_zone(text: str, zone: tzinfo) -> str:
    """``text`` with its moments by the clock of ``zone``, named: ``27 Nov 2026 23:05 CET``."""
    if "UTC" not in text:
        return text
    return "".join(
        part if isinstance(part, str) else _local(part.astimezone(zone)) for part in parts_of(text)
    )


def _local(at: datetime) -> str:
    seconds = f":{at:%S}" if at.second else ""
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M}{seconds} {at.tzname()}"
