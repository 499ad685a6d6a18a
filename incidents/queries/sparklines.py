"""The small line beside a signal's value; what a state means is the model's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils.functional import cached_property

from incidents.models import Signal, SignalState

WINDOW = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
WIDTH, HEIGHT, MARGIN = 100.0, 22.0, 2.0

LAST_OF_EACH_MINUTE = """
SELECT one.id, minute.at, sample.value
FROM unnest(%s) AS one (id)
CROSS JOIN generate_series(%s, %s, interval '1 minute') AS minute (at)
CROSS JOIN LATERAL (
  SELECT value FROM incidents_sample
  WHERE signal_id = one.id AND at >= minute.at AND at < minute.at + interval '1 minute'
  ORDER BY at DESC LIMIT 1
) AS sample
ORDER BY 1, 2
"""

TONES = {
    SignalState.UNKNOWN: ("stale", "◌"),
    SignalState.STALE: ("stale", "◌"),
    SignalState.UNMET: ("bad", "✕"),
    SignalState.HOLDING: ("warn", "◔"),
    SignalState.MET: ("good", "✓"),
}


@dataclass(frozen=True)
class SignalView:
    """A signal as a tile shows it: value, target, state by colour, sign and word, and its line.

    The moments stand beside the words, because the page counts them itself.
    """

    id: int
    name: str
    unit: str
    value: float | None
    state: SignalState
    goal: str
    hold_s: int
    required: bool
    satisfied_since: datetime | None
    latest_at: datetime | None
    line: str
    target_line: float | None

    @property
    def tone(self) -> str:
        """The colour's name: bad, warn, good or stale."""
        return TONES[self.state][0]

    @property
    def sign(self) -> str:
        """The sign that stands beside the colour."""
        return TONES[self.state][1]

    @cached_property
    def words(self) -> str:
        """The state in words that time alone does not change."""
        match self.state:
            case SignalState.UNMET:
                return f"not met · needs {self.goal}"
            case SignalState.HOLDING:
                return "holding"
            case SignalState.MET:
                return f"met · {self.goal}"
            case SignalState.STALE:
                return "stale"
        return f"no sample yet · needs {self.goal}"


def signal_views(signals: Sequence[Signal], at: datetime) -> list[SignalView]:
    """The tiles of these signals at a moment. One query, none without samples."""
    lines = _lines(signals)
    return [
        SignalView(
            id=signal.pk,
            name=signal.name,
            unit=signal.unit,
            value=signal.latest_value,
            state=signal.state_at(at),
            goal=goal_of(signal),
            hold_s=signal.hold_s,
            required=signal.required,
            satisfied_since=signal.satisfied_since,
            latest_at=signal.latest_at,
            line=lines[signal.pk][0] if signal.pk in lines else "",
            target_line=lines[signal.pk][1] if signal.pk in lines else None,
        )
        for signal in signals
    ]


def goal_of(signal: Signal) -> str:
    """``≤ 1 %``."""
    return f"{signal.get_comparator_display()} {signal.target:g} {signal.unit}".strip()


def _lines(signals: Sequence[Signal]) -> dict[int, tuple[str, float | None]]:
    """Path and height of the target by signal, over the last hour that has samples.

    One point a minute: the last sample of that minute, found by the index, so a picture costs the
    same whether there is a sample a minute or twenty a second.
    """
    newest = max((signal.latest_at for signal in signals if signal.latest_at), default=None)
    if newest is None:
        return {}
    last = newest.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            LAST_OF_EACH_MINUTE,
            [[signal.pk for signal in signals], last - WINDOW + MINUTE, last],
        )
        rows = cursor.fetchall()
    points: dict[int, list[tuple[datetime, float]]] = {}
    for signal_id, minute, value in rows:
        points.setdefault(signal_id, []).append((minute, value))
    return {
        signal.pk: draw(points[signal.pk], signal.target, max(signal.stale_after, 2 * MINUTE))
        for signal in signals
        if signal.pk in points
    }


def draw(
    points: Iterable[tuple[datetime, float]], target: float, longest_gap: timedelta
) -> tuple[str, float]:
    """The path through (minute, value), stretched to the box, and the target's height.

    The range always holds the target, so the dashed line is in the picture. Where nothing was
    measured for longer than ``longest_gap`` the line has a hole, never a bridge.
    """
    found = list(points)
    values = [value for _, value in found]
    low, high = min([*values, target]), max([*values, target])
    spread = (high - low) or 1.0
    first = found[0][0]
    width = (found[-1][0] - first) or MINUTE

    def height(value: float) -> float:
        return round(HEIGHT - MARGIN - (value - low) / spread * (HEIGHT - 2 * MARGIN), 1)

    if len(found) == 1:
        return f"M0 {height(values[0]):g}H{WIDTH:g}", height(target)
    path, before = "", None
    for minute, value in found:
        step = "L" if before is not None and minute - before <= longest_gap else "M"
        path += f"{step}{round((minute - first) / width * WIDTH, 1):g} {height(value):g}"
        before = minute
    return path, height(target)
