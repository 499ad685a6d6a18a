"""The outcomes of one incident as numbers, with the formulas they are made by (P55)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from deadlines.models import Deadline, State
from incidents.impact.queries import impact_total, impacts_of, is_at_least
from incidents.record.models import Incident

#: Name, label, the later and the earlier stamp. docs/practices.md, *Times*.
SPANS = (
    ("mttd", "Time to detect", "detected_at", "impact_started_at"),
    ("mtta", "Time to acknowledge", "acknowledged_at", "detected_at"),
    ("time_to_mitigate", "Time to mitigate", "mitigated_at", "impact_started_at"),
    ("mttr", "Time to resolve", "resolved_at", "impact_started_at"),
)
WORDS = {
    "impact_started_at": "impact started",
    "detected_at": "detected",
    "acknowledged_at": "acknowledged",
    "mitigated_at": "mitigated",
    "resolved_at": "resolved",
}


@dataclass(frozen=True)
class Figure:
    """One length of time. Unknown is ``None`` and never 0; ``missing`` names what is unknown.

    It is negative where the later stamp came first: detected before the impact began.
    """

    name: str
    label: str
    formula: str
    length: timedelta | None
    missing: str
    start: datetime | None
    end: datetime | None

    @property
    def seconds(self) -> int | None:
        """The same in whole seconds."""
        return None if self.length is None else round(self.length.total_seconds())


@dataclass(frozen=True)
class ImpactFigure:
    """Who was blocked, in the end."""

    journey: str
    blocked: str
    total: Decimal
    unit: str
    currency: str
    at_least: bool

    @property
    def measure(self) -> str:
        """What the number counts: the unit, with its currency where it is money."""
        return f"{self.currency} {self.unit}".strip()


@dataclass(frozen=True)
class Figures:
    """Everything that is counted about one incident."""

    spans: list[Figure]
    impact: list[ImpactFigure]
    caused_by_change: bool | None
    promises_kept: int
    promises_missed: int


def spans_of(incident: Incident) -> list[Figure]:
    """MTTD, MTTA, time to mitigate and MTTR of one incident. No query."""
    found = []
    for name, label, later, earlier in SPANS:
        end, start = getattr(incident, later), getattr(incident, earlier)
        unknown = [WORDS[stamp] for stamp in (later, earlier) if getattr(incident, stamp) is None]
        length = None if end is None or start is None else end - start
        formula = f"{WORDS[later]} − {WORDS[earlier]}"
        found.append(Figure(name, label, formula, length, " and ".join(unknown), start, end))
    return found


def figures_of(incident: Incident, moment: datetime) -> Figures:
    """All figures of an incident at ``moment``. Two queries."""
    promises = Deadline.objects.filter(kind="update", incident_id=incident.pk)
    judged = [was_kept(promise, moment) for promise in promises]
    return Figures(
        spans=spans_of(incident),
        impact=[
            ImpactFigure(
                impact.journey,
                impact.blocked,
                impact_total(impact, incident, moment),
                impact.unit,
                impact.currency,
                is_at_least(incident),
            )
            for impact in impacts_of(incident)
        ],
        caused_by_change=incident.caused_by_change,
        promises_kept=judged.count(True),
        promises_missed=judged.count(False),
    )


def was_kept(promise: Deadline, moment: datetime) -> bool | None:
    """Whether a promise was kept in time, missed, or (``None``) neither: not due, or let go."""
    end = promise.settled_at or moment
    if end > promise.due_at:
        return False
    return True if promise.state == State.KEPT else None
