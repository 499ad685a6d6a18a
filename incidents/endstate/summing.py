"""Keeps a signal's summary of its samples true: newer ones by steps, others from the table."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from incidents.endstate.models import Signal

Measured = tuple[datetime, float]

HOLDS = {
    "<=": "value <= %(target)s",
    "<": "value < %(target)s",
    ">": "value > %(target)s",
    ">=": "value >= %(target)s",
    "=": "abs(value - %(target)s) <= greatest(1e-9 * greatest(abs(value), abs(%(target)s)), 1e-12)",
}
SUMMARY = """
WITH newest AS (
  SELECT at, value FROM incidents_sample WHERE signal_id = %(signal)s ORDER BY at DESC LIMIT 1
), seen AS (
  SELECT at, {holds} AS ok, lag(at) OVER by_time AS before, lag({holds}) OVER by_time AS before_ok
  FROM incidents_sample
  WHERE signal_id = %(signal)s AND at >= (SELECT at FROM newest) - make_interval(secs => %(window)s)
  WINDOW by_time AS (ORDER BY at)
)
SELECT
  (SELECT min(at) FROM incidents_sample WHERE signal_id = %(signal)s),
  (SELECT at FROM newest),
  (SELECT value FROM newest),
  max(at) FILTER (
    WHERE ok
    AND (before IS NULL OR NOT before_ok OR at - before > make_interval(secs => %(stale_after)s))
  )
FROM seen
"""


def follow(signal: Signal, samples: Sequence[Measured]) -> Signal | None:
    """Carry the summary on over samples sorted by time, unsaved.

    Answers nothing, and changes nothing, when one of them is not newer than what is summed up:
    then only ``sum_up`` knows. No query.
    """
    if not samples or (signal.latest_at is not None and samples[0][0] <= signal.latest_at):
        return None
    for at, value in samples:
        if not signal.is_satisfied_by(value):
            signal.satisfied_since = None
        elif (
            signal.satisfied_since is None
            or signal.latest_at is None
            or at - signal.latest_at > signal.stale_after
        ):
            signal.satisfied_since = at
        signal.latest_at, signal.latest_value = at, value
    if signal.first_at is None:
        signal.first_at = samples[0][0]
    return signal


def sum_up(signal: Signal) -> None:
    """Make the summary anew from the stored samples, unsaved. One query.

    It looks back over the hold and one gap before the newest sample: what lies further back cannot
    change the state.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            SUMMARY.format(holds=HOLDS[signal.comparator]),
            {
                "signal": signal.pk,
                "target": signal.target,
                "window": signal.hold_s + signal.stale_after_s + 1,
                "stale_after": signal.stale_after_s,
            },
        )
        signal.first_at, signal.latest_at, signal.latest_value, since = cursor.fetchone()
    is_satisfied = signal.latest_value is not None and signal.is_satisfied_by(signal.latest_value)
    signal.satisfied_since = since if is_satisfied else None
