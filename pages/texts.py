"""Reading what people wrote: trimmed, bounded, and free of what no database or screen can take."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from refusals.errors import Invalid

LONG_ENOUGH, WIDE_ENOUGH = 8, 4
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_web_address = URLValidator(schemes=["http", "https"])


def read_text(field: str, value: str | None, limit: int, *, required: str = "") -> str:
    """The text, trimmed. ``required`` is what to say when nothing is left of it.

    Raises ``Invalid`` for more than ``limit`` characters, NUL and lone surrogates.
    """
    text = (value or "").strip()
    if _UNREADABLE.search(text):
        raise Invalid({field: "It holds characters that cannot be stored. Type it again."})
    if len(text) > limit:
        raise Invalid({field: f"At most {limit} characters; this has {len(text)}."})
    if required and not text:
        raise Invalid({field: required})
    return text


def read_line(field: str, value: str | None, limit: int, *, required: str = "") -> str:
    """The same for one line: white space in a row becomes one space."""
    return read_text(field, " ".join((value or "").split()), limit, required=required)


def says_something(text: str) -> bool:
    """Whether a text can be the end of a sentence: two words and eight letters, at least.

    Scripts that write words without spaces need four letters.
    """
    letters = [letter for letter in text if letter.isalnum()]
    if any(unicodedata.east_asian_width(letter) in "WF" for letter in letters):
        return len(set(letters)) >= WIDE_ENOUGH
    words = [word for word in text.split() if any(letter.isalpha() for letter in word)]
    return len(set(words)) > 1 and len(letters) >= LONG_ENOUGH


def read_address(field: str, value: str | None) -> str:
    """A web address, or nothing. Raises ``Invalid`` for anything but http and https."""
    text = read_text(field, value, 500)
    if text:
        try:
            _web_address(text)
        except ValidationError as error:
            raise Invalid({field: "A web address starts with https:// or http://."}) from error
    return text
