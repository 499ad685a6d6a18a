"""What was measured as a change started and as it finished: rows that nothing moves any more."""

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from incidents.changes.models import Change, Moment, Snapshot
from incidents.endstate.models import Comparator, Signal
from incidents.endstate.sparklines import LAST_OF_EACH_MINUTE
from incidents.record.locking import moment_of
from incidents.record.models import Incident
from pages.numbers import said
from pages.sparklines import draw
from prepared import prepared
from prepared.writing import columns_of, rows_of

#: Writes what the signals were found to be, each with the line of its last hour; answers every
#: snapshot of the change. ``seen`` is JSON, so that the text is one for however many signals.
_TAKE = f"""
WITH taken AS (
  INSERT INTO incidents_snapshot
    (change_id, moment, signal_id, name, unit, comparator, target, value, at, state, points)
  SELECT %s::bigint, %s::text, seen.id, seen.name, seen.unit, seen.comparator, seen.target,
    seen.value, seen.at, seen.state, to_jsonb({LAST_OF_EACH_MINUTE})
  FROM jsonb_to_recordset(%s::jsonb) AS seen
    (id bigint, name text, unit text, comparator text, target float8, value float8,
     at timestamptz, state text)
  JOIN incidents_signal ON incidents_signal.id = seen.id
  ORDER BY seen.id
  RETURNING {columns_of(Snapshot)}
)
SELECT {columns_of(Snapshot)} FROM incidents_snapshot WHERE change_id = %s::bigint
UNION ALL
SELECT {columns_of(Snapshot)} FROM taken ORDER BY id
"""  # noqa: S608 - all of it is ours


def take_snapshot(
    change: Change, incident: Incident, moment: str, signals: list[Signal]
) -> dict[str, float | None]:
    """Freeze every signal of the incident as it stands, with its last hour; answers the values.

    ``signals`` are all that the incident has. The change has its ``snapshot_rows`` afterwards.
    One query, under the incident's lock.
    """
    at = moment_of(incident)
    seen = [
        {
            "id": signal.pk,
            "name": signal.name,
            "unit": signal.unit,
            "comparator": signal.comparator,
            "target": signal.target,
            "value": signal.latest_value,
            "at": signal.latest_at.isoformat() if signal.latest_at else None,
            "state": signal.state_at(at).value,
        }
        for signal in signals
    ]
    values = [change.pk, moment, json.dumps(seen), change.pk]
    change.snapshot_rows = rows_of(Snapshot, _TAKE, values)  # type: ignore[attr-defined]
    return {signal.name: signal.latest_value for signal in signals}


def snapshots_of(change: Change) -> list[Snapshot]:
    """What was measured before and after, as they were taken. One query, none just after that."""
    taken: list[Snapshot] | None = getattr(change, "snapshot_rows", None)
    return _snapshots(change.pk) if taken is None else taken


@prepared
def _snapshots(change: int) -> "QuerySet[Snapshot]":
    return Snapshot.objects.filter(change=change).order_by("pk")


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
