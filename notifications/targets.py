"""Remembers targets that take nothing at the moment: how long nobody tries, and who tries for all.

A mail server that is away fails every message alike, so the wait belongs to it and not to the
messages. When its time is over one sender takes one message there; taken, it opens for all.
"""

import random
from collections.abc import Collection
from datetime import timedelta

from django.db import connection
from django.db.models import F

from clock.models import Now
from clock.queries import now
from live.announcing import announce
from notifications.models import Delivery, ShutTarget, State

SHORTEST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(seconds=30)
TRIAL = timedelta(seconds=30)
"""How long a sender may take over its trial; one that died is followed by another."""

_SHUT = """
    INSERT INTO notifications_shuttarget AS shut (channel, target, failures, opens_at, last_error)
    VALUES (%s, %s, 1, endstate_now(), %s)
    ON CONFLICT (channel, target) DO UPDATE
    SET failures = shut.failures + 1, last_error = excluded.last_error
    RETURNING failures
"""

_OPENED = "DELETE FROM notifications_shuttarget WHERE channel = %s AND target IN ('', %s)"


def shut(channel: str, target: str, said: str, *, asked: timedelta | None = None) -> None:
    """Note that ``target`` took nothing: nobody tries it for a while, doubling each time.

    ``asked`` is how long it wants to be left alone at least. What waits for it says why.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHUT, [channel, target, said])
        (failures,) = cursor.fetchone()
    wait = max(wait_after(failures), asked or timedelta(0))
    ShutTarget.objects.filter(channel=channel, target=target).update(opens_at=now() + wait)
    waiting = Delivery.objects.due(now()).filter(
        channel=channel, state=State.PENDING, last_error=""
    )
    if target:
        waiting = waiting.filter(target=target)
    incidents = set(
        waiting.exclude(incident_id=None).order_by().values_list("incident_id", flat=True)
    )
    if waiting.update(last_error=said):
        for incident_id in incidents:
            announce(f"incident:{incident_id}")


def wait_after(failures: int) -> timedelta:
    """How long to leave a target alone: 2 s, doubling to 30 s, with jitter."""
    wait: timedelta = min(SHORTEST_WAIT * 2 ** min(failures - 1, 8), LONGEST_WAIT)
    return wait * random.uniform(0.75, 1.25)


def opened(channel: str, target: str) -> None:
    """It took a message: everybody may send again, and what waited is due.

    Asked after each message, so it is one bare statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OPENED, [channel, target])


def begin_trial(channel: str, only: str | None = None) -> list[str]:
    """The targets that this sender, and nobody else now, may try with one message each.

    Of all, or ``only`` that one.
    """
    ready = ShutTarget.objects.filter(channel=channel, opens_at__lte=Now())
    if only is not None:
        ready = ready.filter(target__in=["", only])
    taken = []
    for target in ready.values_list("target", flat=True):
        mine = ShutTarget.objects.filter(channel=channel, target=target, opens_at__lte=Now())
        if mine.update(opens_at=now() + TRIAL):
            taken.append(target)
    return taken


def leave_trial(channel: str, target: str) -> None:
    """Nothing was learned; the next sender may try at once."""
    ShutTarget.objects.filter(channel=channel, target=target).update(opens_at=Now())


def shut_targets(channel: str) -> Collection[str]:
    """What of ``channel`` takes nothing at the moment; the empty name is the channel itself."""
    return set(ShutTarget.objects.filter(channel=channel).values_list("target", flat=True))


def next_trials(channel: str) -> list[tuple[str, float]]:
    """The shut targets, and in how many seconds each may be tried, soonest first. One query."""
    rows = ShutTarget.objects.filter(channel=channel).annotate(left=F("opens_at") - Now())
    return [
        (target, max(0.0, left.total_seconds()))
        for target, left in rows.order_by("opens_at").values_list("target", "left")
    ]
