"""What may be measured: the limits of a signal and of a sample."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from incidents.endstate.models import Comparator, Signal
from incidents.endstate.uses import uses_of
from refusals.errors import Invalid, Refused

MOST_SAMPLES = 10_000
AHEAD = timedelta(minutes=5)
OLDEST = timedelta(days=31)
LONGEST_S = 7 * 24 * 3600
LARGEST = 1e300
TEXTS = {"name": 120, "unit": 30, "query": 2000}
FIELDS = {*TEXTS, "comparator", "target", "hold_s", "stale_after_s", "required"}

Given = tuple[Any, datetime | None]


def write_on(signal: Signal, fields: dict[str, Any]) -> list[str]:
    """Put the given fields on the signal, unsaved, and answer the names of those that differ.

    Raises ``Invalid`` with one message per field that cannot be taken.
    """
    errors: dict[str, str] = {}
    changed = []
    for name, value in fields.items():
        if name not in FIELDS:
            raise TypeError(f"a signal has no field {name!r} to change")
        try:
            taken = _take(name, value)
        except (ValueError, TypeError) as error:
            errors[name] = str(error)
            continue
        if getattr(signal, name) != taken:
            setattr(signal, name, taken)
            changed.append(name)
    if errors:
        raise Invalid(errors)
    return changed


def _take(name: str, value: Any) -> Any:
    if name in TEXTS:
        text = " ".join(str(value or "").split())
        if name == "name" and not text:
            raise ValueError("Name what is measured.")
        if len(text) > TEXTS[name]:
            raise ValueError(f"At most {TEXTS[name]} characters; this has {len(text)}.")
        return text
    if name == "comparator":
        if value not in Comparator.values:
            raise ValueError(f"A comparator is one of {' '.join(Comparator.values)}.")
        return value
    if name == "target":
        number = read_number(value)
        if number is None:
            raise ValueError("A target is a number.")
        return number
    if name == "required":
        return bool(value)
    seconds = int(value)
    least = 0 if name == "hold_s" else 1
    if not least <= seconds <= LONGEST_S:
        raise ValueError(f"From {least} second{'s' * (least != 1)} to seven days.")
    return seconds


def read_number(value: Any) -> float | None:
    """A finite number, or nothing for what is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= LARGEST else None


def sort_out(
    samples: Iterable[Given], moment: datetime
) -> tuple[list[tuple[datetime, float]], int]:
    """The samples that can be taken, by time, and how many cannot.

    A sample without a time is of ``moment``; several such keep their order. Refused are what is no
    finite number, more than five minutes ahead, or older than 31 days. Of two with one time the
    first counts. Raises ``Invalid`` for more than 10 000 at once.
    """
    given = list(samples)
    if len(given) > MOST_SAMPLES:
        raise Invalid({"samples": f"At most {MOST_SAMPLES:,} samples a call. Send several calls."})
    taken: dict[datetime, float] = {}
    rejected = 0
    for index, (value, at) in enumerate(given):
        number = read_number(value)
        if at is None:
            at = moment - timedelta(microseconds=len(given) - 1 - index)
        elif at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        if number is None or not moment - OLDEST <= at <= moment + AHEAD:
            rejected += 1
        else:
            taken.setdefault(at, number)
    return sorted(taken.items()), rejected


def check_unused(signal: Signal) -> None:
    """P22: a signal stays while unfinished work, impact or a stop rests on it (``in_use``)."""
    titles = uses_of(signal)
    if titles:
        raise Refused(
            "in_use",
            f"“{signal.name}” is what {', '.join(titles)} rests on. "
            "Let that serve something else first.",
            used_by=titles,
        )
