"""The line beside a signal: what it shows, where it breaks, and what it costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.endstate.signals import add_signal, record_samples
from incidents.endstate.sparklines import measured, signal_views
from incidents.record.models import Incident
from pages.sparklines import draw
from people.models import User
from tests.conftest import Clock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("points", "target", "line", "target_line"),
    [
        ([(0, 10)], 0, "M0 2H100", 20),
        ([(0, 5)], 5, "M0 20H100", 20),
        ([(0, 10), (1, 5), (2, 0)], 5, "M0 2L50 11L100 20", 11),
        ([(0, 1), (1, 2), (4, 3)], 1, "M0 20L25 11L100 2", 20),
        ([(0, 1), (1, 2), (5, 3)], 1, "M0 20L20 11M100 2", 20),
        ([(0, 1e300), (1, -1e300)], 0, "M0 2L100 20", 11),
    ],
)
def test_p22_the_line_is_stretched_holds_the_target_and_breaks_at_holes(
    points: list[tuple[int, float]], target: float, line: str, target_line: float
) -> None:
    assert draw(points, target, 3) == (line, target_line)


@pytest.mark.django_db
def test_p22_a_tile_shows_the_last_hour_by_the_last_sample_of_each_minute(
    incident: Incident, commander: User, clock: Clock
) -> None:
    signal = add_signal(
        incident, by=commander, name="API error rate", comparator="<=", target=1, unit="%"
    )
    now = clock.now.replace(second=30)
    samples = [(50.0, now - timedelta(hours=2)), (9.0, now - MINUTE), (8.0, now - MINUTE / 2)]
    record_samples(signal.pk, by=commander, samples=[*samples, (0.5, now)])
    (view,) = signal_views(measured(incident.pk), now)
    assert (view.line, view.target_line) == ("M0 2L100 20", 18.9)
    assert (view.value, view.state.value, view.sign) == (0.5, "holding", "◔")


@pytest.mark.django_db
def test_p22_without_samples_there_is_no_line(
    incident: Incident, commander: User, clock: Clock, django_assert_num_queries: Any
) -> None:
    add_signal(incident, by=commander, name="Queue", comparator="<=", target=1)
    with django_assert_num_queries(1):
        (view,) = signal_views(measured(incident.pk), NOON)
    assert (view.line, view.target_line, view.words) == ("", None, "no sample yet · needs ≤ 1")


@pytest.mark.owner
@pytest.mark.django_db
def test_p22_a_picture_costs_the_same_at_20_samples_a_second(
    incident: Incident, commander: User, clock: Clock
) -> None:
    signal = add_signal(incident, by=commander, name="Queue", comparator="<=", target=1)
    record_samples(signal.pk, by=commander, samples=[(1, None)])
    signal.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_sample (signal_id, at, value, by_hand, received_at)"
            " SELECT %s, %s - n * interval '50 milliseconds', n, false, %s"
            " FROM generate_series(1, 72000) AS n",
            [signal.pk, signal.latest_at, signal.latest_at],
        )
        cursor.execute("ANALYZE incidents_sample")
    assert signal.latest_at is not None
    with CaptureQueriesContext(connection) as asked:
        (view,) = signal_views(measured(incident.pk), signal.latest_at)
    assert view.line.count("L") == 59
    (query,) = asked.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + query["sql"])
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on incidents_sample" not in plan
