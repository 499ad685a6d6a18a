"""The small line beside a signal's value; what a state means is the model's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Field, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.functional import cached_property

from incidents.endstate.models import Signal, SignalState
from pages.numbers import said
from pages.sparklines import draw
from prepared import prepared

MINUTE = timedelta(minutes=1)

#: By signal, ``{minute, value}`` of the last hour in which the incident has samples: the last
#: sample of each minute, found by the index, so that a picture costs the same whether there is a
#: sample a minute or twenty a second.
LAST_OF_EACH_MINUTE = """ARRAY(
  SELECT ARRAY[minute.number, sample.value]
  FROM (
    SELECT date_trunc('minute', max(latest_at)) - interval '59 minutes' AS at
    FROM incidents_signal AS peer
    WHERE peer.incident_id = incidents_signal.incident_id AND peer.removed_at IS NULL
  ) AS first
  CROSS JOIN generate_series(0, 59) AS minute (number)
  CROSS JOIN LATERAL (
    SELECT value FROM incidents_sample
    WHERE signal_id = incidents_signal.id
      AND at >= first.at + minute.number * interval '1 minute'
      AND at < first.at + (minute.number + 1) * interval '1 minute'
    ORDER BY at DESC LIMIT 1
  ) AS sample
  ORDER BY 1
)"""

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
    no_data_since: datetime | None
    no_data_because: str
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


@prepared
def measured(incident: int) -> "QuerySet[Signal]":
    """The signals of an incident in order, each with the ``points`` of its line. One query."""
    signals = Signal.objects.standing().filter(incident=incident).order_by("id")
    return signals.annotate(points=RawSQL(LAST_OF_EACH_MINUTE, [], output_field=Field()))  # noqa: S611 - ours


def signal_views(signals: Iterable[Signal], at: datetime) -> list[SignalView]:
    """The tiles of signals that ``measured`` read, at a moment."""
    return [_view(signal, at) for signal in signals]


def _view(signal: Signal, at: datetime) -> SignalView:
    points: list[tuple[float, float]] = signal.points  # type: ignore[attr-defined]
    line, target_line = "", None
    if points:
        line, target_line = draw(points, signal.target, max(signal.stale_after / MINUTE, 2))
    return SignalView(
        id=signal.pk,
        name=signal.name,
        unit=signal.unit,
        value=signal.measured,
        state=signal.state_at(at),
        goal=goal_of(signal),
        hold_s=signal.hold_s,
        required=signal.required,
        satisfied_since=signal.satisfied_since,
        latest_at=signal.latest_at,
        no_data_since=signal.no_data_since,
        no_data_because=signal.no_data_because,
        line=line,
        target_line=target_line,
    )


def goal_of(signal: Signal) -> str:
    """``≤ 1 %``."""
    return f"{signal.get_comparator_display()} {said(signal.target)} {signal.unit}".strip()
