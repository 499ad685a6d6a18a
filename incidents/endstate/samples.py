"""Writing samples: one per signal and moment, and of two values for one the last stands."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection

from incidents.endstate.models import Signal
from incidents.endstate.summing import Measured
from people.models import User

#: ``xmax`` is 0 for a row that is new.
KEEP = """
WITH kept AS (
  INSERT INTO incidents_sample (signal_id, at, said_at, value, by_hand, by_id, received_at)
  SELECT %(signal)s, given.at, given.said_at, given.value, %(by_hand)s, %(by)s, %(received_at)s
  FROM unnest(%(ats)s::timestamptz[], %(said)s::timestamptz[], %(values)s::float8[])
    AS given (at, said_at, value)
  ON CONFLICT (signal_id, at) DO UPDATE
    SET value = excluded.value, by_hand = excluded.by_hand, by_id = excluded.by_id,
      received_at = excluded.received_at
    WHERE incidents_sample.value <> excluded.value
  RETURNING xmax <> 0 AS replaced
)
SELECT count(*) FILTER (WHERE replaced) FROM kept
"""


def keep_samples(
    signal: Signal,
    taken: Sequence[Measured],
    said: Mapping[datetime, datetime],
    *,
    by: User,
    by_hand: bool,
    moment: datetime,
) -> int:
    """Write values by time and answer how many others they replaced. One query.

    ``said`` are the senders' dates of those that lay ahead, ``moment`` is their arrival. What is
    there already with the same value stays as it is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "signal": signal.pk,
                "by": by.pk,
                "by_hand": by_hand,
                "received_at": moment,
                "ats": [at for at, _ in taken],
                "said": [said.get(at) for at, _ in taken],
                "values": [value for _, value in taken],
            },
        )
        (replaced,) = cursor.fetchone()
    return int(replaced)
