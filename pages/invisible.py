"""Lists the characters that show nothing, by Unicode: a text of them alone is no text."""

import re

#: The general categories Zs, Zl and Zp.
_SEPARATORS = "\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
#: The general category Cf.
_FORMAT = (
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
#: Default_Ignorable_Code_Point, as far as it is not of the categories above anyway.
_IGNORED = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff"
)
#: What has a shape without ink: the empty Braille cell, the null notehead.
_BLANK = "\u2800\U0001d159"
#: What belongs to the sign before it: variation selectors, the letters of flags.
_BEHIND = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"

_NOTHING = f"{_SEPARATORS}{_FORMAT}{_IGNORED}{_BLANK}\t\n\r"
_only = re.compile(f"[{_NOTHING}]*")
_start = re.compile(f"^[{_NOTHING}]+")
_end = re.compile(f"[{_NOTHING}]+$")
_kept = re.compile(f"[{_BEHIND}]*")
_gaps = re.compile(f"[{_SEPARATORS}\t\n\r]+")
#: Embeddings, overrides and isolates: they turn around what follows them on the page.
_turning = re.compile("[\u202a-\u202e\u2066-\u2069]")
_controls = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_broken = re.compile("[\x00\ud800-\udfff]")


def is_nothing(text: str | None) -> bool:
    """Whether nobody would see anything: empty, spaces, format and ignorable characters."""
    return text is None or _only.fullmatch(text) is not None


def trimmed(text: str) -> str:
    """``text`` without what shows nothing at its ends; signs keep the selectors behind them."""
    text = _start.sub("", text)
    end = _end.search(text)
    if end is None:
        return text
    kept = _kept.match(end[0])
    return text[: end.start()] + (kept[0] if kept else "")


def on_one_line(text: str) -> str:
    """``text`` with every gap as one space and nothing in it that turns what follows around."""
    return _gaps.sub(" ", _turning.sub("", text))


def control_in(text: str) -> str | None:
    """The first control character that no text holds, if there is one; NUL and surrogates too."""
    found = _broken.search(text) or _controls.search(text)
    return found[0] if found else None
