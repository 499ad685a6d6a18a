"""Reading references of incidents, the same for pages, streams, API, forms and commands."""

import re

_REFERENCE = re.compile(r"INC-0{0,20}([1-9][0-9]{0,8})", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"0{0,20}([1-9][0-9]{0,8})", re.ASCII)


def number_of(reference: str) -> int | None:
    """The number of the incident that ``INC-42``, ``inc-42`` or ``INC-042`` names, or nothing."""
    found = _REFERENCE.fullmatch(reference.strip())
    return int(found[1]) if found else None


def number_among(words: str) -> int | None:
    """The same for what somebody searches for: a bare ``42`` counts too."""
    found = _NUMBER.fullmatch(words.strip())
    return int(found[1]) if found else number_of(words)
