"""Claims rows of the outbox for one sender: by a lease, with a number that fences the end.

What is then done with them stands in ``sending``.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, F, PositiveSmallIntegerField, QuerySet, When

from clock.queries import now
from notifications.models import Delivery, ShutTarget, State
from notifications.targets import shut_targets

LEASE = timedelta(seconds=30)
"""How long a row belongs to its sender; a killed sender's rows leave that much later."""
BATCH = 20
SUSPECTS = 5
"""How many rows of dead senders are taken, one by one, after each batch."""


def claims(channel: str, target: str | None = None) -> Iterator[list[Delivery]]:
    """A batch, a digest and some suspects, each claimed when its turn comes.

    Suspects come last: if one kills us, the others have left. Only what goes to ``target`` when
    one is named.
    """
    if "" in shut_targets(channel):
        return
    for claim in (claim_batch, claim_digest):
        if rows := claim(channel, target):
            yield rows
    for _ in range(SUSPECTS):
        if not (rows := claim_suspect(channel, target)):
            return
        yield rows


def claim_batch(channel: str, target: str | None = None) -> list[Delivery]:
    """Up to ``BATCH`` rows that nobody died with."""
    with transaction.atomic():
        moment = now()
        rows = takeable(channel, moment, target=target)
        rows = rows.filter(state=State.PENDING, crashes=0, digest="")
        return claim(list(rows[:BATCH]), moment)


def claim_suspect(channel: str, target: str | None = None) -> list[Delivery]:
    """One row whose sender died, those that killed fewest first."""
    with transaction.atomic():
        moment = now()
        rows = takeable(channel, moment, target=target).exclude(state=State.PENDING, crashes=0)
        return claim(list(rows.order_by("crashes", "next_attempt_at")[:1]), moment)


def claim_digest(channel: str, target: str | None = None) -> list[Delivery]:
    """All waiting rows of one person's digest, oldest first."""
    moment = now()
    digests = _to(target, Delivery.objects.due(moment).filter(channel=channel)).exclude(digest="")
    if not digests.filter(state=State.PENDING, crashes=0).exists():
        return []
    with transaction.atomic():
        _lock_digests()
        rows = takeable(channel, moment, target=target)
        rows = rows.filter(state=State.PENDING, crashes=0).exclude(digest="")
        first = rows.first()
        return claim(_digest_of(first, rows), moment) if first else []


def claim_for_trial(channel: str, target: str) -> list[Delivery]:
    """The message that tries a shut target: the oldest of which nobody need fear it went out."""
    with transaction.atomic():
        _lock_digests()
        moment = now()
        rows = takeable(channel, moment, even_if_shut=True)
        rows = rows.filter(target=target) if target else rows
        first = rows.order_by("unsure", "crashes", "next_attempt_at").first()
        if first is None:
            return []
        return claim(_digest_of(first, rows) if first.digest else [first], moment)


def _lock_digests() -> None:
    """Two senders with half of a digest each would make two messages of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('notifications.digest'))")


def _digest_of(first: Delivery, rows: QuerySet[Delivery]) -> list[Delivery]:
    same = rows.filter(digest=first.digest, person=first.person, address=first.address)
    return list(same.order_by("created_at", "id"))


def _to(target: str | None, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows if target is None else rows.filter(target=target)


def takeable(
    channel: str, moment: datetime, *, even_if_shut: bool = False, target: str | None = None
) -> QuerySet[Delivery]:
    """Due rows of ``channel``, locked, passing over what others hold and over shut targets.

    Only those to ``target`` when one is named.
    """
    rows = _to(target, Delivery.objects.due(moment).filter(channel=channel))
    rows = rows.select_related("person")
    if not even_if_shut:
        shut = ShutTarget.objects.filter(channel=channel).exclude(target="")
        rows = rows.exclude(target__in=shut.values("target"))
    locked = rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
    return locked.order_by("next_attempt_at")


def claim(rows: list[Delivery], moment: datetime) -> list[Delivery]:
    """Take the locked rows: a lease, the next attempt, and a crash for a lease that ran out."""
    if not rows:
        return []
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.SENDING,
        attempt=F("attempt") + 1,
        crashes=Case(
            When(state=State.SENDING, then=F("crashes") + 1),
            default=F("crashes"),
            output_field=PositiveSmallIntegerField(),
        ),
        next_attempt_at=moment + LEASE,
    )
    for row in rows:
        row.attempt += 1
        row.crashes += row.state == State.SENDING
        row.state = State.SENDING
    return rows
