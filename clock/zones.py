"""The time zones that people live in."""

from functools import cache
from zoneinfo import available_timezones

#: Names of the database that are no place: the machine's own zone and a placeholder.
_NO_PLACES = {"localtime", "Factory", "posixrules"}
_COPIES = ("posix/", "right/", "SystemV/")


@cache
def zone_names() -> frozenset[str]:
    """The names of all real zones; the same wherever Endstate runs, so never the machine's own."""
    return frozenset(
        name
        for name in available_timezones()
        if name not in _NO_PLACES and not name.startswith(_COPIES)
    )
