"""Makes words harmless where chats would read more in them than people wrote."""

import re

_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CALLS = re.compile(r"(?<![\w@])@(?=\w)")
_APART = "@\u200b"
"""A sign that nobody sees, after which a name calls nobody."""


def harmless(text: str) -> str:
    """``text`` without what turns the direction of writing, calling nobody by an ``@``."""
    return _CALLS.sub(_APART, _TURNS.sub("", text))


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def first_line(text: str) -> tuple[str, str]:
    """The first line and what stands under it."""
    first, _, rest = text.partition("\n")
    return first.strip(), rest.strip("\n")
