"""What may be measured: the limits of a signal and of a sample."""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from clock.moments import AHEAD
from incidents.endstate.models import Comparator, Signal, SignalState
from incidents.endstate.uses import uses_of
from pages.numbers import decimal
from pages.texts import read_line
from refusals.errors import Invalid, Refused

MOST_SAMPLES = 10_000
OLDEST = timedelta(days=31)
LONGEST_S = 7 * 24 * 3600
TELL_EVERY = timedelta(minutes=1)
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
        except Invalid as invalid:
            errors |= invalid.errors
            continue
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
        required = "Name what is measured." if name == "name" else ""
        return read_line(name, str(value or ""), TEXTS[name], required=required)
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
        number = float(decimal(value) if isinstance(value, str) else value)
    except (ValueError, TypeError, OverflowError):
        return None
    # Plus zero, since nobody reads a zero with a sign.
    return number + 0.0 if math.isfinite(number) and abs(number) <= LARGEST else None


@dataclass(frozen=True)
class SortedSamples:
    """What of a batch can be kept.

    ``taken``: values by time, one a moment. ``said``: by time, the sender's date where it lay
    ahead. ``replaced``: how many of the ``accepted`` gave way to a later value of their moment.
    """

    taken: list[tuple[datetime, float]]
    said: dict[datetime, datetime]
    accepted: int
    rejected: int
    replaced: int


def sort_out(
    samples: Iterable[Given],
    moment: datetime,
    *,
    known: Callable[[Collection[datetime]], dict[datetime, datetime]],
) -> SortedSamples:
    """The samples that can be taken, by time, and how many cannot.

    A sample without a time is of ``moment``, and so is one dated ahead by five minutes at most;
    several such keep their order. ``known`` answers when dates ahead came before, so that the same
    sample sent again is the same. Refused are what is no finite number, what lies further ahead,
    or is older than 31 days. Of two with one time the last stands. Raises ``Invalid`` for more than
    10 000 at once.
    """
    given = list(samples)
    if len(given) > MOST_SAMPLES:
        raise Invalid({"samples": f"At most {MOST_SAMPLES:,} samples a call. Send several calls."})
    dated: dict[datetime, float] = {}
    arriving: list[tuple[datetime | None, float]] = []
    accepted = 0
    for value, at in given:
        number = read_number(value)
        if at is not None and at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        if number is None or not (at is None or moment - OLDEST <= at <= moment + AHEAD):
            continue
        accepted += 1
        if at is None or at > moment:
            arriving.append((at, number))
        else:
            dated[at] = number
    came, said = _arriving(arriving, moment, known)
    taken = dated | came
    replaced = accepted - len(taken)
    return SortedSamples(sorted(taken.items()), said, accepted, len(given) - accepted, replaced)


def _arriving(
    arriving: list[tuple[datetime | None, float]],
    moment: datetime,
    known: Callable[[Collection[datetime]], dict[datetime, datetime]],
) -> tuple[dict[datetime, float], dict[datetime, datetime]]:
    """Values by the time they count as of, and by that time the dates some of them carried."""
    ahead = {at: value for at, value in arriving if at is not None}
    stored = known(set(ahead)) if ahead else {}
    rows: list[tuple[datetime | None, float]] = [
        (None, value) for at, value in arriving if at is None
    ]
    rows += [(at, ahead[at]) for at in sorted(ahead) if at not in stored]
    came: dict[datetime, float] = {stored[at]: ahead[at] for at in stored}
    said: dict[datetime, datetime] = {}
    for index, (date, value) in enumerate(rows):
        at = moment - timedelta(microseconds=len(rows) - 1 - index)
        came[at] = value
        if date is not None:
            said[at] = date
    return came, said


def has_news(signal: Signal, moment: datetime) -> bool:
    """Whether the timeline should hear that it is met, or not met any more."""
    if signal.told_at is not None and moment - signal.told_at < TELL_EVERY:
        return False
    state = signal.state_at(moment)
    return state in (SignalState.MET, SignalState.UNMET) and signal.told != state


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
