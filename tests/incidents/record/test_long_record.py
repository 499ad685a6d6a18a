"""A record of fifty thousand lines: what its filters offer costs a few looks into an index."""

from typing import Any

import pytest
from django.db import connection

from incidents.record.models import Incident, TimelineEntry
from incidents.record.queries import actors_of, kinds_of
from people.models import User

#: Only the owner of a table may have its statistics taken.
pytestmark = [pytest.mark.django_db, pytest.mark.owner]

LINES = 50_000
FILL = """
    INSERT INTO incidents_timelineentry
        (id, incident_id, seq, at, recorded_at, afterwards, kind, actor_id, text, data, salts,
         canonical, previous_hash, hash)
    SELECT %s::bigint * 10000000 + FIRST + n, %s, FIRST + n, now(), now(), false, 'note', %s,
      'Line', '{}',
        '{}', '', '', md5(n::text)
    FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def long_record(incident: Incident, responder: User, other_responder: User) -> Incident:
    """An incident to which two people wrote, one of them fifty thousand times."""
    with connection.cursor() as cursor:
        pk = incident.pk
        cursor.execute(FILL.replace("FIRST", "1000"), [pk, pk, responder.pk, LINES])
        cursor.execute(FILL.replace("FIRST", "90000"), [pk, pk, other_responder.pk, 1])
        cursor.execute("ANALYZE incidents_timelineentry")
    return incident


def rows_read(sql: str, parameters: Any) -> float:
    """How many entries of the record the database looked at."""

    def count(node: dict[str, object]) -> float:
        found = 0.0
        if node.get("Relation Name") == "incidents_timelineentry":
            removed = node.get("Rows Removed by Filter", 0)
            found = (float(str(node["Actual Rows"])) + float(str(removed))) * float(
                str(node["Actual Loops"])
            )
        plans = node.get("Plans", [])
        assert isinstance(plans, list)
        return found + sum(count(one) for one in plans)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
        ((plan,),) = cursor.fetchall()
    return count(plan[0]["Plan"])


def test_who_wrote_is_found_without_reading_every_line(
    long_record: Incident, commander: User, responder: User, other_responder: User
) -> None:
    found = actors_of(long_record)
    assert list(found) == [commander, other_responder, responder]
    assert rows_read(*found.query.sql_with_params()) < 100


def test_control_reading_who_wrote_from_the_lines_reads_them_all(long_record: Incident) -> None:
    lines = TimelineEntry.objects.filter(incident=long_record).exclude(actor=None)
    naive = lines.order_by().values_list("actor_id").distinct()
    assert rows_read(*naive.query.sql_with_params()) >= LINES


def test_which_kinds_occur_is_found_without_reading_every_line(long_record: Incident) -> None:
    kinds = set(
        TimelineEntry.objects.filter(incident=long_record).values_list("kind", flat=True).distinct()
    )
    assert kinds_of(long_record) == kinds
