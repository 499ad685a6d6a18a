"""Writing samples, one per signal and moment, the last value stands; and thinning old ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection

from incidents.endstate.models import Signal
from incidents.endstate.summing import Measured
from incidents.record.models import Incident
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

#: The last sample of each minute is what a line is drawn from; the first tells since when.
THIN = """
DELETE FROM incidents_sample WHERE id IN (
  SELECT sample.id FROM incidents_sample AS sample
  WHERE signal_id = %(signal)s AND at < %(before)s AND at > %(first_at)s AND NOT by_hand
    AND EXISTS (
      SELECT FROM incidents_sample AS later
      WHERE later.signal_id = sample.signal_id AND later.at > sample.at
        AND later.at < date_trunc('minute', sample.at) + interval '1 minute')
  LIMIT %(most)s)
"""
MOST_AT_ONCE = 5_000


def keep_samples(
    signal: Signal,
    taken: Sequence[Measured],
    said: Mapping[datetime, datetime],
    *,
    by: User | None,
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
                "by": by.pk if by is not None else None,
                "by_hand": by_hand,
                "received_at": moment,
                "ats": [at for at, _ in taken],
                "said": [said.get(at) for at, _ in taken],
                "values": [value for _, value in taken],
            },
        )
        (replaced,) = cursor.fetchone()
    return int(replaced)


def thin_samples(before: datetime) -> int:
    """Leave one sample a minute of what was before ``before`` in incidents that are over.

    Answers how many went. Pictures stay as they are, and so does whatever was frozen and what a
    person read off. Twice is once. One query a signal and 5 000 samples, each a transaction of
    its own.
    """
    gone = 0
    over = Signal.objects.exclude(incident__in=Incident.objects.open()).filter(first_at__lt=before)
    for pk, first_at in over.order_by("-latest_at").values_list("pk", "first_at"):
        given = {"signal": pk, "first_at": first_at, "before": before, "most": MOST_AT_ONCE}
        went = MOST_AT_ONCE
        while went == MOST_AT_ONCE:
            with connection.cursor() as cursor:
                cursor.execute(THIN, given)
                went = cursor.rowcount
            gone += went
    return gone
