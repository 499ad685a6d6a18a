"""Questions to the outbox: what is wrong with it, what waits, what is new in an inbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.functions import Coalesce

from clock.queries import now
from notifications.channels import Setup, channel_names, has_targets, setup_of
from notifications.models import Channel, Delivery, DeliveryQuerySet, ShutTarget, State, key_for
from people.models import User

STUCK_AFTER = timedelta(minutes=5)


def inbox(user: User) -> DeliveryQuerySet:
    """What was addressed to ``user`` inside the product, newest first."""
    return Delivery.objects.inbox_of(user.pk)


def told_in_app(key: str, person: User) -> Delivery | None:
    """What ``person`` was told under ``key`` inside the product. One query."""
    return Delivery.objects.filter(key=f"{key_for(key, person)}/{Channel.IN_APP}").first()


@dataclass(frozen=True)
class ChannelView:
    """One way out: how it is set up, when it last worked and last failed, what it holds.

    ``is_own``: it is set up as a whole, so that somebody can send themselves a test by it.
    """

    name: str
    label: str
    is_own: bool
    setup: Setup
    succeeded_at: datetime | None
    failed: Delivery | None
    waiting: int
    dead: int


def takes_tests(name: str) -> bool:
    """Whether somebody can send themselves a test by the channel, as it is set up as a whole."""
    return not has_targets(name) and name != Channel.FAN_OUT


def channel_overview(since: datetime) -> list[ChannelView]:
    """Every registered channel: ``waiting`` now, ``dead`` since then.

    ``failed`` is the newest delivery that keeps an error, under way or at its end. One query, and
    one more for each channel, over the whole table.
    """
    waiting, dead = Q(state=State.PENDING), Q(state=State.DEAD, settled_at__gte=since)
    counted = (
        Delivery.objects.order_by()
        .values("channel")
        .annotate(
            succeeded_at=Max("sent_at"),
            waiting=Count("pk", filter=waiting),
            dead=Count("pk", filter=dead),
        )
    )
    figures: dict[str, dict[str, Any]] = {row["channel"]: dict(row) for row in counted}
    labels = dict(Channel.choices)
    found = []
    for name in channel_names():
        row = figures.get(name, {})
        troubled = Delivery.objects.filter(channel=name).exclude(last_error="")
        newest = troubled.annotate(at=Coalesce("settled_at", "created_at")).order_by("-at").first()
        found.append(
            ChannelView(
                name=name,
                label=str(labels.get(name, name)),
                is_own=takes_tests(name),
                setup=setup_of(name),
                succeeded_at=row.get("succeeded_at"),
                failed=newest,
                waiting=row.get("waiting", 0),
                dead=row.get("dead", 0),
            )
        )
    return found


def check_books() -> list[str]:
    """What does not add up in the outbox, as sentences; empty when all is well. Three queries.

    That a row is in exactly one state is held by constraints; here stands what time shows.
    """
    return [*what_is_late(), *_what_nobody_serves()]


def what_is_late() -> list[str]:
    """What should have left by now, as sentences. Two queries."""
    moment = now()
    wrong = []
    stuck = Delivery.objects.filter(
        state=State.SENDING, next_attempt_at__lt=moment - STUCK_AFTER
    ).count()
    if stuck:
        wrong.append(f"{stuck} deliveries are held by senders that died, and nobody takes them.")
    shut = ShutTarget.objects.filter(
        Q(target="") | Q(target=OuterRef("target")), channel=OuterRef("channel")
    )
    overdue = Delivery.objects.filter(state=State.PENDING, next_attempt_at__lt=moment - STUCK_AFTER)
    # What waits for a machine that is away says so on the page of channels.
    waiting = overdue.filter(~Exists(shut)).count()
    if waiting:
        wrong.append(f"{waiting} deliveries are due for more than five minutes.")
    return wrong


def _what_nobody_serves() -> list[str]:
    unknown = (
        Delivery.objects.underway()
        .exclude(channel__in=channel_names())
        .order_by()
        .values_list("channel", flat=True)
        .distinct()
    )
    return [
        f"Deliveries wait for the channel {channel}, which nobody serves." for channel in unknown
    ]
