"""Reads the words of outside tools: cut to what fits, and never a reason to fail."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from api.schema import read_moment
from clock.moments import in_range
from pages.invisible import on_one_line, trimmed
from pages.texts import read_address
from refusals.errors import Invalid

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
MOST_LABELS = 40
MILLISECONDS_FROM = 10**11


def line(value: object, limit: int = 200) -> str:
    """``value`` as one line of at most so many characters; empty for what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = trimmed(on_one_line(_CONTROLS.sub("", str(value)[: 4 * limit])))
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def link(value: object) -> str:
    """``value`` as a web address, or nothing."""
    if not isinstance(value, str):
        return ""
    try:
        return read_address("url", value)
    except Invalid:
        return ""


def moment(value: object) -> datetime | None:
    """``value`` as a moment: RFC 3339, or seconds or milliseconds since 1970; else nothing.

    Programs written in Go say "never" by the year 1.
    """
    try:
        if isinstance(value, str):
            read = read_moment(value)
            return read if isinstance(read, datetime) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value > MILLISECONDS_FROM else value
            return in_range(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None
    return None


def mapping(value: object) -> dict[str, Any]:
    """``value`` when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def labels(value: object) -> dict[str, str]:
    """The labels of an alert: the first forty, names and values cut."""
    pairs = list(mapping(value).items())[:MOST_LABELS]
    return {line(name, 80): line(said, 200) for name, said in pairs}


def required(body: Mapping[str, Any], name: str) -> Any:
    """What ``body`` says at ``name``; refuses (``Invalid``) where it says nothing."""
    value = body.get(name)
    if value is None or value == "":
        raise Invalid({name: "This field is required."})
    return value


def key_of(body: Mapping[str, Any], name: str) -> str:
    """A tool's own key at ``name``, whole, as text; refuses (``Invalid``) what is none."""
    value = required(body, name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Invalid({name: "A key is a text."})
    return str(value)
