"""One newer value for each of many signals, written in one go where it says nothing new."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from clock.queries import now
from incidents.endstate.models import Signal
from incidents.endstate.rules import has_news, read_number
from incidents.endstate.summing import follow
from incidents.endstate.watches import is_watched
from live.announcing import announce

KEEP = """
WITH given AS (
  SELECT * FROM unnest(%(ids)s::bigint[], %(ats)s::timestamptz[], %(values)s::float8[],
    %(firsts)s::timestamptz[], %(since)s::timestamptz[]) AS given (id, at, value, first_at, since)
), kept AS (
  INSERT INTO incidents_sample (signal_id, at, value, by_hand, received_at)
  SELECT id, at, value, FALSE, %(received_at)s FROM given
)
UPDATE incidents_signal AS signal
SET latest_at = given.at, latest_value = given.value, first_at = given.first_at,
  satisfied_since = given.since, batches = batches + 1, no_data_since = NULL, no_data_because = ''
FROM given WHERE signal.id = given.id
"""


@transaction.atomic
def record_steps(values: Mapping[int, tuple[float, datetime]]) -> set[int]:
    """Take one value of a past moment for each signal, and answer for which it was taken.

    For the others ``record_polled`` knows: what is not newer than their samples, what a stop
    criterion rests on, what the timeline should hear, whatever somebody else writes at the moment,
    and signals that were removed. Waits for no lock and locks no incident. Announced calmly.
    Three queries, however many.
    """
    moment = now()
    signals = Signal.objects.standing().filter(~Q(is_watched()), pk__in=values)
    taken: list[Signal] = []
    for signal in signals.select_for_update(no_key=True, skip_locked=True, of=("self",)):
        given, at = values[signal.pk]
        number = read_number(given)
        if number is None or at > moment or follow(signal, [(at, number)]) is None:
            continue
        if not has_news(signal, moment):
            taken.append(signal)
    if taken:
        _keep(taken, moment)
    for incident in {signal.incident_id for signal in taken}:
        announce(f"incident:{incident}", calm=True)
    return {signal.pk for signal in taken}


def _keep(signals: list[Signal], moment: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "received_at": moment,
                "ids": [signal.pk for signal in signals],
                "ats": [signal.latest_at for signal in signals],
                "values": [signal.latest_value for signal in signals],
                "firsts": [signal.first_at for signal in signals],
                "since": [signal.satisfied_since for signal in signals],
            },
        )
