"""Insights over whole months, against the database's own arithmetic on the same rows (P61)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from deadlines.models import Deadline, State
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, Kind, Status
from people.models import User
from postmortems.insights.queries import Insights, Spread, load_insights
from postmortems.items.models import ActionItem, ItemState
from postmortems.review.actions import open_review
from tests.conftest import Clock
from tests.postmortems.conftest import set_clock

NOON = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)
MONTHS = (1, 2, 3, 4, 5, 6)

SPREAD = """
SELECT count(s), round(percentile_cont(0.5) WITHIN GROUP (ORDER BY s))::int, round(avg(s))::int,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY s)
FROM (SELECT extract(epoch FROM {later} - impact_started_at)::int AS s FROM incidents_incident
      WHERE kind = 'incident' AND status IN ('resolved', 'closed')
        AND resolved_at >= %(start)s AND resolved_at < %(end)s
        AND {later} >= impact_started_at) AS r
"""
PROMISES = """
SELECT count(*) FILTER (WHERE state = 'kept' AND settled_at <= due_at),
       count(*) FILTER (WHERE state = 'kept' AND settled_at <= due_at
                        OR coalesce(settled_at, %(now)s) > due_at)
FROM deadlines_deadline WHERE kind = 'update' AND due_at >= %(start)s AND due_at < %(end)s
"""
ON_TIME = """
SELECT count(*) FILTER (WHERE done_at <= due_at), count(*) FROM postmortems_actionitem
WHERE state <> 'declined' AND due_at <= %(now)s AND due_at >= %(start)s AND due_at < %(end)s
"""
VERIFIED = """
SELECT count(*) FILTER (WHERE state = 'verified'), count(*) FROM postmortems_actionitem
WHERE state IN ('done', 'verified') AND done_at >= %(start)s AND done_at < %(end)s
  AND (done_at + interval '7 days' <= %(now)s OR state = 'verified')
"""


def reckoned(question: str, start: datetime, end: datetime) -> tuple[Any, ...]:
    """What the database itself makes of the rows between two moments."""
    with connection.cursor() as cursor:
        cursor.execute(question, {"start": start, "end": end, "now": NOON})
        return tuple(cursor.fetchone())


def lengths(month: int) -> list[int]:
    """Minutes to resolve, unlike each other in median, mean and every percentile."""
    return [7 + month + place**3 for place in range(8 + month)]


@pytest.fixture
def ended(clock: Clock, incident: Incident, commander: User) -> list[Incident]:
    """Half a year of incidents: eight and more a month, some without what is counted."""
    set_clock(NOON)
    Incident.objects.update(status=Status.CANCELLED)
    made = []
    for month in MONTHS:
        for place, minutes in enumerate(lengths(month)):
            one = declare_incident(by=commander, title=f"{month}/{place}", severity="sev4")
            began = datetime(2026, month, 1 + place, 3, 0, tzinfo=UTC)
            one.impact_started_at, one.declared_at = began, began
            one.resolved_at = began + timedelta(minutes=minutes, seconds=20)
            one.detected_at = began + timedelta(seconds=7 * place**3)
            one.status = Status.CLOSED if place % 2 else Status.RESOLVED
            # Unknown, caught before its impact, and two kinds that nobody counts.
            if place == 2:
                one.impact_started_at = None
            if place == 3:
                one.detected_at = began - timedelta(minutes=4)
            if place == 4:
                one.kind = Kind.DRILL
            if place == 5:
                one.status = Status.CANCELLED
            one.save()
            made.append(one)
    Deadline.objects.all().delete()
    return made


def months_of(found: Insights) -> list[tuple[datetime, datetime]]:
    starts = [datetime(2026, month, 1, tzinfo=UTC) for month in MONTHS]
    assert [month.start for month in found.months] == [start.date() for start in starts]
    return list(zip(starts, [*starts[1:], NOON + timedelta(microseconds=1)], strict=True))


@pytest.mark.parametrize("name", ["mttr", "mttd"])
def test_p61_times_are_median_mean_and_nearest_rank_of_each_month(
    name: str, ended: list[Incident], commander: User
) -> None:
    question = SPREAD.format(later="resolved_at" if name == "mttr" else "detected_at")
    found = load_insights(commander)
    for month, between in zip(found.months, months_of(found), strict=True):
        spread: Spread = getattr(month, name)
        assert (spread.n, spread.median_s, spread.mean_s, spread.p90_s) == reckoned(
            question, *between
        )
        # The rows tell them apart: no two of the three are the same, nor the neighbours of p90.
        assert len({spread.median_s, spread.mean_s, spread.p90_s}) == 3
    total: Spread = getattr(found.total, name)
    whole = (datetime(2026, 1, 1, tzinfo=UTC), NOON + timedelta(microseconds=1))
    assert (total.n, total.median_s, total.mean_s, total.p90_s) == reckoned(question, *whole)


@pytest.mark.parametrize(
    ("seconds", "median_s", "mean_s", "p90_s"),
    [
        ([60], 60, 60, 60),
        ([60, 120], 90, 90, 120),
        ([10, 20, 600], 20, 210, 600),
        ([*range(10, 101, 10)], 55, 55, 90),
        ([*range(10, 111, 10)], 60, 60, 100),
        ([*range(10, 201, 10)], 105, 105, 180),
        ([], None, None, None),
    ],
)
def test_p61_a_spread_by_hand(
    seconds: list[int], median_s: int | None, mean_s: int | None, p90_s: int | None
) -> None:
    for rows in (seconds, seconds[::-1]):
        assert Spread.of(rows) == Spread(len(seconds), median_s, mean_s, p90_s)


#: Minutes after the due time at which a promise was settled, and how; whether it was kept.
PROMISED = (
    (State.KEPT, -5, True),
    (State.KEPT, 0, True),
    (State.KEPT, 1, False),
    (State.KEPT, -1, True),
    (State.OPEN, None, False),
    (State.RELEASED, -3, None),
    (State.RELEASED, 3, False),
)


def test_p61_a_promise_counts_once_it_was_due_and_late_is_late(
    ended: list[Incident], commander: User
) -> None:
    one = ended[0]
    for month in MONTHS:
        # Each month another number of each kind, so that no two shares are the same.
        for count, (state, minutes, _) in enumerate(PROMISED[: 1 + month]):
            due_at = datetime(2026, month, 3 + count, 6, 0, tzinfo=UTC)
            settled_at = None if minutes is None else due_at + timedelta(minutes=minutes)
            Deadline.objects.create(
                kind="update",
                subject_id=100 * month + count,
                incident_id=one.pk,
                incident_ref=one.ref,
                owner=commander,
                due_at=due_at,
                created_at=due_at - timedelta(hours=1),
                state=state,
                settled_at=settled_at,
            )
    # A promise for later is neither kept nor missed.
    Deadline.objects.create(
        kind="update",
        subject_id=999,
        incident_id=one.pk,
        owner=commander,
        due_at=NOON + timedelta(minutes=1),
        created_at=NOON,
    )
    found = load_insights(commander)
    shares = [(month.promises.part, month.promises.n) for month in found.months]
    assert shares == [reckoned(PROMISES, *between) for between in months_of(found)]
    assert shares == [(2, 2), (2, 3), (3, 4), (3, 5), (3, 5), (3, 6)]
    assert (found.total.promises.part, found.total.promises.n) == (16, 25)
    assert found.total.promises.percent == 64


DAY = timedelta(days=1)
#: Due, done (both before now) and state.
ITEMS = (
    (30 * DAY, 31 * DAY, ItemState.VERIFIED),  # on time, verified
    (30 * DAY, 30 * DAY, ItemState.DONE),  # on time to the moment, nobody verified
    (30 * DAY, 29 * DAY, ItemState.DONE),  # a day late
    (30 * DAY, None, ItemState.OPEN),  # overdue
    (30 * DAY, None, ItemState.DECLINED),
    (30 * DAY, 35 * DAY, ItemState.DECLINED),
    (-1 * DAY, None, ItemState.OPEN),  # not due yet
    (-1 * DAY, 40 * DAY, ItemState.VERIFIED),  # done early
    (2 * DAY, 3 * DAY, ItemState.DONE),  # done within the week: not judged
    (2 * DAY, 6 * DAY, ItemState.VERIFIED),  # within the week and verified: judged
    (1 * DAY, 7 * DAY, ItemState.DONE),  # a week to the moment
    (1 * DAY, None, ItemState.OPEN),
)


def test_p61_items_late_not_yet_due_and_declined_are_judged_as_the_formulas_say(
    ended: list[Incident], commander: User, admin: User
) -> None:
    review = open_review(ended[0], by=commander)
    for number, (due, done, state) in enumerate(ITEMS):
        ActionItem.objects.create(
            postmortem=review,
            title=f"Item {number}",
            type="guardrail",
            owner=commander,
            due_at=NOON - due,
            first_due_at=NOON - due,
            priority="p2",
            success_criterion="It holds.",
            state=state,
            created_at=NOON - 90 * DAY,
            done_at=None if done is None else NOON - done,
            verified_by=admin if state == ItemState.VERIFIED else None,
        )
    found = load_insights(commander)
    on_time = [(month.on_time.part, month.on_time.n) for month in found.months]
    verified = [(month.verified.part, month.verified.n) for month in found.months]
    assert on_time == [reckoned(ON_TIME, *between) for between in months_of(found)]
    assert verified == [reckoned(VERIFIED, *between) for between in months_of(found)]
    assert on_time == [(0, 0), (0, 0), (0, 0), (0, 0), (2, 4), (3, 4)]
    assert verified == [(0, 0), (0, 0), (0, 0), (0, 0), (2, 4), (1, 2)]
    assert [month.on_time.percent for month in found.months] == [None] * 4 + [50, 75]
    # What is due later is not judged, however far ahead somebody asks.
    ahead = load_insights(commander, until=NOON + 90 * DAY)
    assert [month.on_time for month in ahead.months] == [month.on_time for month in found.months]
