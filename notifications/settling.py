"""How a claimed row ends, or waits for another try: fenced by its attempt, so by its sender alone.

Before it leaves it is asked whether it still may; what leaves as one message is asked together.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from clock.models import Now
from clock.queries import now
from live.announcing import announce
from notifications.actions import tell
from notifications.channels import Later
from notifications.messages import Undelivered
from notifications.models import Channel, Delivery, State
from notifications.outbox import one_line
from notifications.verdicts import Verdict, verdict_on, verdicts_on
from people.models import User

logger = logging.getLogger(__name__)

CRASHES = 5
"""Senders that may die with a row in hand before it is set aside."""
GIVE_UP_AFTER = timedelta(hours=72)
SHORTEST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
UNSURE_WAIT = timedelta(seconds=30)
"""After a try of which nobody knows whether it went through; the next such wait is far longer."""

_UNANSWERED = "Whether delivery %s still matters could not be found out."


@dataclass(frozen=True)
class SendResult:
    """What a pass did with the rows it claimed; ``blocked``: the channel itself is shut."""

    sent: int = 0
    cancelled: int = 0
    expired: int = 0
    dead: int = 0
    retried: int = 0
    held: int = 0
    lost: int = 0
    blocked: bool = False

    def plus(self, other: "SendResult") -> "SendResult":
        """Both together."""
        return SendResult(
            self.sent + other.sent,
            self.cancelled + other.cancelled,
            self.expired + other.expired,
            self.dead + other.dead,
            self.retried + other.retried,
            self.held + other.held,
            self.lost + other.lost,
            self.blocked or other.blocked,
        )


def ends_of(unit: Sequence[Delivery]) -> list[tuple[Delivery, SendResult | None]]:
    """Each row of a message with how it ended without being sent; ``None`` for what goes out.

    What the rows of a digest share is asked once: who its recipient is now, what they may see of
    each incident, and what each kind finds stale.
    """
    if len(unit) == 1:
        return [(unit[0], end_of(unit[0]))]
    moment = now()
    ends = {row.pk: _end_by_itself(row, moment) for row in unit}
    left = [row for row in unit if ends[row.pk] is None]
    try:
        ruled = verdicts_on(_of_one_person(left)) if left else {}
    except Exception as error:
        logger.exception(_UNANSWERED, "a digest")
        for row in left:
            ends[row.pk] = _wait_unanswered(row, error)
    else:
        for row in left:
            ends[row.pk] = _end_as_ruled(row, ruled[row.pk], moment)
    return [(row, ends[row.pk]) for row in unit]


def end_of(row: Delivery, *, said: str = "") -> SendResult | None:
    """Settle a row that must not be sent and say how; ``None`` for one that goes out.

    With ``said``, why it cannot, one that has been tried for 72 hours is given up.
    """
    if (ended := _end_by_itself(row, now(), said)) is not None:
        return ended
    if said:
        is_old = now() - row.due_at >= GIVE_UP_AFTER
        return give_up([row], said) if is_old else None
    try:
        if row.person is not None:
            row.person.refresh_from_db(fields=["is_active", "email"])
        ruled = verdict_on(row)
    except Exception as error:
        logger.exception(_UNANSWERED, row.pk)
        return _wait_unanswered(row, error)
    return _end_as_ruled(row, ruled, now())


def _end_by_itself(row: Delivery, moment: datetime, said: str = "") -> SendResult | None:
    """Whether the row alone says that it does not go out: cancelled, deadly, or too late."""
    if row.cancelled_reason:
        return SendResult(cancelled=settle(row, State.CANCELLED))
    if row.crashes >= CRASHES:
        return give_up([row], f"{row.crashes} senders died with it in hand.")
    if row.expires_at is not None and row.expires_at <= moment:
        return SendResult(expired=settle(row, State.EXPIRED, last_error=said or row.last_error))
    return None


def _end_as_ruled(row: Delivery, ruled: Verdict, moment: datetime) -> SendResult | None:
    if ruled.because:
        reason = one_line(ruled.because, 200)
        return SendResult(cancelled=settle(row, State.CANCELLED, cancelled_reason=reason))
    if ruled.until is not None and ruled.until > moment:
        return _hold(row, ruled.until)
    return None


def _wait_unanswered(row: Delivery, error: Exception) -> SendResult:
    # Who may know of an incident is never guessed: without an answer the message waits.
    return try_again([row], Later(f"{type(error).__name__}: {error}"))


def _of_one_person(rows: list[Delivery]) -> list[Delivery]:
    """The rows of one recipient, all with the same person as they are now. One query."""
    person = rows[0].person
    if person is not None:
        person.refresh_from_db(fields=["is_active", "email"])
        for row in rows:
            row.person = person
    return rows


def _hold(row: Delivery, until: datetime) -> SendResult:
    """Let the row wait until then, which is no failure; one that expires first ends at once."""
    if row.expires_at is not None and row.expires_at <= until:
        return SendResult(expired=settle(row, State.EXPIRED))
    mine = Delivery.objects.filter(pk=row.pk, state=State.SENDING, attempt=row.attempt)
    if mine.filter(cancelled_reason="").update(
        state=State.PENDING, due_at=until, next_attempt_at=until, crashes=0
    ):
        return SendResult(held=1)
    # Cancelled while it was in our hands, or not ours any more.
    return SendResult(cancelled=settle(row, State.CANCELLED))


def settle(row: Delivery, state: State, **fields: Any) -> bool:
    """Bring the row to its end, if it is still ours (the attempt is the fence)."""
    mine = Delivery.objects.filter(pk=row.pk, state=State.SENDING, attempt=row.attempt)
    return bool(mine.update(state=state, next_attempt_at=None, settled_at=Now(), **fields))


def settle_all(rows: Sequence[Delivery], state: State, **fields: Any) -> int:
    """Bring what left as one message to its end; how many of it were still ours.

    A query for each number of attempts, which is mostly one.
    """
    by_attempt: dict[int, list[Delivery]] = {}
    for row in rows:
        by_attempt.setdefault(row.attempt, []).append(row)
    settled = 0
    for attempt, same in by_attempt.items():
        mine = Delivery.objects.filter(
            pk__in=[row.pk for row in same], state=State.SENDING, attempt=attempt
        )
        settled += mine.update(state=state, next_attempt_at=None, settled_at=Now(), **fields)
    return settled


def try_again(rows: Sequence[Delivery], error: Later) -> SendResult:
    """Back off, unless the row expires first or has been tried for 72 hours."""
    result, old = SendResult(), []
    said = one_line(str(error), 500)
    for row in rows:
        moment = now()
        wait = wait_unsure(row.unsure) if error.unsure else wait_after(row.attempt, error.after)
        again_at = moment + wait
        mine = Delivery.objects.filter(pk=row.pk, state=State.SENDING, attempt=row.attempt)
        if row.expires_at is not None and row.expires_at <= again_at:
            expired = settle(row, State.EXPIRED, last_error=said)
            result = result.plus(SendResult(expired=expired))
        elif moment - row.due_at >= GIVE_UP_AFTER:
            old.append(row)
        elif mine.filter(cancelled_reason="").update(
            state=State.PENDING,
            next_attempt_at=again_at,
            last_error=said,
            crashes=0,
            unsure=F("unsure") + int(error.unsure),
        ):
            result = result.plus(SendResult(retried=1))
        else:
            # Cancelled while it was in our hands, or not ours any more.
            result = result.plus(SendResult(cancelled=settle(row, State.CANCELLED)))
    for incident_id in {row.incident_id for row in rows if row.incident_id is not None}:
        announce(f"incident:{incident_id}")
    return result.plus(give_up(old, said)) if old else result


def wait_after(attempt: int, asked: timedelta | None = None) -> timedelta:
    """How long to wait after the ``attempt``-th try: doubling, with jitter, at least ``asked``."""
    wait: timedelta = min(SHORTEST_WAIT * 2 ** min(attempt - 1, 16), LONGEST_WAIT)
    jittered = wait * random.uniform(0.75, 1.25)
    return max(jittered, asked) if asked is not None else jittered


def wait_unsure(unsure: int) -> timedelta:
    """How long to wait when a message may have arrived: 30 s, then 10 min, then an hour.

    Once more at once would be right if it did not, and a second copy if it did.
    """
    wait: timedelta = min(UNSURE_WAIT * 20 ** min(unsure, 3), LONGEST_WAIT)
    return wait


def give_back(units: Sequence[Sequence[Delivery]], *, said: str = "") -> None:
    """Put back what was not tried, due at once, with what kept it (``said``)."""
    why = {"last_error": one_line(said, 500)} if said else {}
    for unit in units:
        for row in unit:
            mine = Delivery.objects.filter(pk=row.pk, state=State.SENDING, attempt=row.attempt)
            if mine.filter(cancelled_reason="").update(
                state=State.PENDING, next_attempt_at=Now(), crashes=0, **why
            ):
                if said and row.incident_id is not None:
                    announce(f"incident:{row.incident_id}")
            else:
                settle(row, State.CANCELLED)


def give_up(rows: Sequence[Delivery], said: str) -> SendResult:
    """Mark what left as one message dead; the administrators hear it once, over another channel."""
    with transaction.atomic():
        dead = [row for row in rows if settle(row, State.DEAD, last_error=one_line(said, 500))]
        for incident_id in {row.incident_id for row in dead if row.incident_id is not None}:
            announce(f"incident:{incident_id}")
        told = [row for row in dead if row.kind != Undelivered.name]
        if told:
            _tell_admins(told, said)
    return SendResult(dead=len(dead), lost=len(rows) - len(dead))


def _tell_admins(rows: Sequence[Delivery], said: str) -> None:
    row, more = rows[0], len(rows) - 1
    named = f" about {row.incident_ref}" if row.incident_ref and not more else ""
    what = f"“{row.subject_line}”" + (f" and {more} more in the same message" if more else "")
    were, each = ("were", "They") if more else ("was", "It")
    channels: tuple[str, ...] = (Channel.IN_APP,)
    if row.channel != Channel.EMAIL:
        channels += (Channel.EMAIL,)
    tell(
        row.about,
        User.objects.admins(),
        Undelivered.name,
        f"A message{named} could not be delivered",
        f"{what} for {row.recipient} over {row.get_channel_display()} {were} "
        f"given up. {said} {each} can be sent again from the incident.",
        key=f"undelivered:{row.pk}.{row.replays}",
        channels=channels,
        url="",
    )
