"""What was measured as a change started and as it finished: rows that nothing moves any more."""

from dataclasses import dataclass
from typing import Any

from incidents.changes.models import Change, Moment, Snapshot
from incidents.endstate.models import Comparator, Signal
from incidents.record.locking import moment_of
from incidents.record.models import Incident
from pages.numbers import said
from pages.sparklines import draw


def take_snapshot(
    change: Change, incident: Incident, moment: str, signals: list[Signal]
) -> dict[str, float | None]:
    """Freeze every signal of the incident as it stands, with its last hour; answers the values.

    ``signals`` are those that ``measured`` reads. One query, under the incident's lock.
    """
    at = moment_of(incident)
    taken = [
        Snapshot(
            change=change,
            moment=moment,
            signal=signal,
            name=signal.name,
            unit=signal.unit,
            comparator=signal.comparator,
            target=signal.target,
            value=signal.latest_value,
            at=signal.latest_at,
            state=signal.state_at(at),
            points=signal.points,  # type: ignore[attr-defined]
        )
        for signal in signals
    ]
    Snapshot.objects.bulk_create(taken)
    return {one.name: one.value for one in taken}


def signals_to_see(change: Change, signals: list[Signal]) -> list[Signal]:
    """Of an incident's ``signals`` those that say how it went.

    The one that the change's card serves, else the required ones. No query.
    """
    served = [one for one in signals if one.pk == change.card.serves_signal_id]
    return served or [one for one in signals if one.required]


@dataclass(frozen=True)
class Compared:
    """One signal before and after, with both lines and the target's height in their picture.

    ``state`` is what it was at the later of the two.
    """

    signal: int
    name: str
    unit: str
    goal: str
    before: float | None
    after: float | None
    state: str
    line: str
    target_line: float | None


def compare(snapshots: list[dict[str, Any]]) -> list[Compared]:
    """Before beside after, signal by signal, in their order. No query."""
    by_signal: dict[int, dict[str, dict[str, Any]]] = {}
    for one in snapshots:
        by_signal.setdefault(one["signal"], {})[one["moment"]] = one
    return [_compared(pair) for pair in by_signal.values()]


def _compared(pair: dict[str, dict[str, Any]]) -> Compared:
    before, after = pair.get(Moment.BEFORE), pair.get(Moment.AFTER)
    latest = after or before
    assert latest is not None
    line, height = "", None
    if latest["points"]:
        points = [(minute, value) for minute, value in latest["points"]]
        line, height = draw(points, latest["target"], 5)
    sign = Comparator(latest["comparator"]).label
    return Compared(
        signal=latest["signal"],
        name=latest["name"],
        unit=latest["unit"],
        goal=f"{sign} {said(latest['target'])} {latest['unit']}".strip(),
        before=before["value"] if before else None,
        after=after["value"] if after else None,
        state=latest["state"],
        line=line,
        target_line=height,
    )
