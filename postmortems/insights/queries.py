"""Is it getting better? Times, promises and action items by month (P61, its first page)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import mean, median

from django.db.models import Q

from clock.queries import now
from deadlines.models import Deadline
from incidents.deployments.models import Deployment
from incidents.record.models import Incident, Kind, Service, Status
from people.models import User
from postmortems.items.models import ActionItem, ItemState
from postmortems.review.figures import spans_of, was_kept

MONTHS = 6
ZONE = "UTC"
"""Whose months they are, the same for everybody who compares them."""
TO_VERIFY_WITHIN = timedelta(days=7)
ENOUGH = 10
"""From so many on a page says what nine of ten stay below; before, it shows the points."""


@dataclass(frozen=True)
class Spread:
    """Lengths of time in seconds: how many, their median, mean and 90th percentile, or nothing."""

    n: int
    median_s: int | None
    mean_s: int | None
    p90_s: int | None
    points_s: tuple[int, ...] = field(default=(), compare=False)
    """Each of them, while they are too few to speak of a percentile."""

    @classmethod
    def of(cls, seconds: Sequence[int]) -> "Spread":
        """The spread of those that are known."""
        if not seconds:
            return cls(0, None, None, None)
        rows = sorted(seconds)
        p90 = rows[min(len(rows) - 1, -(-len(rows) * 9 // 10) - 1)]
        points = tuple(rows) if len(rows) < ENOUGH else ()
        return cls(len(rows), round(median(rows)), round(mean(rows)), p90, points)


@dataclass(frozen=True)
class Share:
    """``part`` of ``n``; of none it is unknown, not 0."""

    part: int
    n: int

    @property
    def percent(self) -> int | None:
        """In whole percent."""
        return round(100 * self.part / self.n) if self.n else None


@dataclass(frozen=True)
class Month:
    """One month, or the whole period: its figures."""

    start: date
    incidents: int
    mttd: Spread
    mttr: Spread
    promises: Share
    on_time: Share
    verified: Share
    change_failure_rate: Share


@dataclass(frozen=True)
class Insights:
    """The figures of a period by month and over all of it."""

    since: datetime
    until: datetime
    service: Service | None
    months: list[Month]
    total: Month


FORMULAS = {
    "mttd": "detected − impact started, median of the incidents resolved in the month "
    "(not those caught before their impact)",
    "mttr": "resolved − impact started, median of the incidents resolved in the month",
    "promises": "updates published by their promised time ÷ updates whose promised time came",
    "on_time": "action items done by their due date ÷ action items due (not those declined)",
    "verified": "action items verified by somebody else ÷ action items done more than a week ago",
    "change_failure_rate": "incidents declared in the month and marked as caused by a change "
    "(without false alarms and merged ones) ÷ deployments reported in it; unknown without any",
}


def load_insights(
    user: User,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    service: Service | None = None,
) -> Insights:
    """The figures of what this person may see; the last six months by default. Six queries.

    Months are those of UTC (``ZONE``).

    Drills and near misses are left out. ``until`` is at most now.
    """
    moment = now()
    until = min(until or moment, moment)
    since = since or _months_before(until, MONTHS - 1)
    seen = Incident.objects.visible_to(user).filter(kind=Kind.INCIDENT)
    if service is not None:
        seen = seen.filter(services=service)
    ended = seen.filter(status__in=[Status.RESOLVED, Status.CLOSED])
    incidents = list(ended.filter(resolved_at__gte=since, resolved_at__lte=until))
    promises = Deadline.objects.filter(
        kind="update", incident_id__in=seen.values("pk"), due_at__gte=since, due_at__lte=until
    )
    items = ActionItem.objects.filter(
        Q(due_at__range=(since, until)) | Q(done_at__range=(since, until)),
        postmortem__incident__in=seen.values("pk"),
    ).exclude(state=ItemState.DECLINED)
    failures = seen.filter(caused_by_change=True, declared_at__range=(since, until)).exclude(
        status__in=[Status.CANCELLED, Status.MERGED]
    )
    deployments = Deployment.objects.filter(at__range=(since, until))
    if service is not None:
        deployments = deployments.filter(service=service)
    rows = _Rows(
        incidents,
        list(promises),
        list(items),
        list(failures.values_list("declared_at", flat=True)),
        list(deployments.order_by().values_list("at", flat=True)),
        moment,
    )
    starts = list(_month_starts(since, until))
    ends = [*starts[1:], until + timedelta(microseconds=1)]
    return Insights(
        since=since,
        until=until,
        service=service,
        months=[rows.between(start, end) for start, end in zip(starts, ends, strict=True)],
        total=rows.between(since, until + timedelta(microseconds=1)),
    )


@dataclass(frozen=True)
class _Rows:
    incidents: list[Incident]
    promises: list[Deadline]
    items: list[ActionItem]
    failures: list[datetime]
    deployments: list[datetime]
    moment: datetime

    def between(self, start: datetime, end: datetime) -> Month:
        """The figures of what falls between two moments."""
        resolved = [
            one for one in self.incidents if one.resolved_at and start <= one.resolved_at < end
        ]
        spans = [{span.name: span.seconds for span in spans_of(one)} for one in resolved]
        kept = [was_kept(one, self.moment) for one in self.promises if start <= one.due_at < end]
        due = [one for one in self.items if start <= one.due_at < end]
        done = [
            one
            for one in self.items
            if one.done_at and start <= one.done_at < end and self._had_a_week(one)
        ]
        return Month(
            start=start.date(),
            incidents=len(resolved),
            mttd=Spread.of(_known(span["mttd"] for span in spans)),
            mttr=Spread.of(_known(span["mttr"] for span in spans)),
            promises=Share(kept.count(True), len(kept) - kept.count(None)),
            on_time=Share(sum(_was_on_time(one) for one in due), len(due)),
            verified=Share(sum(one.state == ItemState.VERIFIED for one in done), len(done)),
            change_failure_rate=Share(
                sum(start <= at < end for at in self.failures),
                sum(start <= at < end for at in self.deployments),
            ),
        )

    def _had_a_week(self, item: ActionItem) -> bool:
        assert item.done_at is not None
        old = item.done_at + TO_VERIFY_WITHIN <= self.moment
        return old or item.state == ItemState.VERIFIED


def _was_on_time(item: ActionItem) -> bool:
    return item.done_at is not None and item.done_at <= item.due_at


def _known(values: Iterable[int | None]) -> list[int]:
    """Without what is unknown, and without what was caught before its impact began."""
    return [value for value in values if value is not None and value >= 0]


def _months_before(moment: datetime, months: int) -> datetime:
    count = moment.astimezone(UTC).year * 12 + moment.astimezone(UTC).month - 1 - months
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def _month_starts(since: datetime, until: datetime) -> Iterable[datetime]:
    """``since`` and the first of every month after it, at most ten years of them."""
    start = since
    for _ in range(120):
        if start > until:
            return
        yield start
        start = _months_before(start, -1)
