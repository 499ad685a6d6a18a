"""Sending what the outbox holds: claim with a lease, send outside any transaction, settle fenced.

A row is claimed by raising its ``attempt``; only the sender with that number may settle it. A
sender that dies leaves a lease that runs out, and the row goes out again with the same Message-ID.
What a target does that takes nothing at all stands in ``targets``.
"""

import logging
import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet

from clock.models import Now
from clock.queries import now
from live.announcing import announce
from notifications import targets
from notifications.actions import tell
from notifications.channels import Later, Never, Send, session_of
from notifications.claiming import BATCH, claim, claim_for_trial, claims, takeable
from notifications.messages import Undelivered
from notifications.models import Channel, Delivery, State
from notifications.outbox import one_line
from notifications.verdicts import verdict_on
from people.models import User

logger = logging.getLogger(__name__)

BATCH_TAKES = 15.0
"""Seconds after which a batch gives back what it has not begun, well before the lease ends."""
CRASHES = 5
"""Senders that may die with a row in hand before it is set aside."""
GIVE_UP_AFTER = timedelta(hours=72)
SHORTEST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
UNSURE_WAIT = timedelta(seconds=30)
"""After a try of which nobody knows whether it went through; the next such wait is far longer."""
OVERDUE = 100
"""How many rows that wait for a shut target are ended in a pass because their time is over."""


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


def send_due(channel: str, limit: int = 2000, *, target: str | None = None) -> SendResult:
    """Send what is due on ``channel``, at most about ``limit`` rows; ends early when it is shut.

    Only what goes to ``target`` when one is named.

    Any number of senders at once hand over each row once, as long as none of them dies. Rows that
    were in the hands of a sender that died are taken one at a time, so that a row which kills its
    sender takes no other with it. A target that is shut is tried with one row by one sender. Must
    not be called inside a transaction.
    """
    result, claimed, is_more = SendResult(), 0, True
    while is_more and claimed < limit and not result.blocked:
        is_more = False
        for trial in targets.begin_trial(channel, target):
            tried = _try_target(channel, trial)
            result = result.plus(tried)
            is_more |= not tried.blocked
        for rows in claims(channel, target):
            claimed += len(rows)
            result = result.plus(_send_batch(channel, rows))
            is_more |= len(rows) == BATCH or bool(rows[0].crashes or rows[0].digest)
            if result.blocked:
                break
    return result


def _try_target(channel: str, target: str) -> SendResult:
    """Send one message to a shut target; where it takes none, end what waited for it too long."""
    result = SendResult()
    while rows := claim_for_trial(channel, target):
        one = _send_batch(channel, rows)
        result = result.plus(one)
        if one.blocked:
            return result.plus(_end_overdue(channel, target))
        if target not in targets.shut_targets(channel):
            return result
    targets.leave_trial(channel, target)
    return replace(result, blocked=True)


def seconds_until_due(channel: str, *, besides: Collection[str] = ()) -> float | None:
    """Seconds until a row of ``channel`` may be taken, by the database's clock.

    Targets ``besides`` are left out. Two queries, one more for each target that is shut.
    """
    trials = [one for one in targets.next_trials(channel) if one[0] not in besides]
    rows = Delivery.objects.underway().filter(channel=channel)
    if besides:
        rows = rows.exclude(target__in=besides)
    waits = [
        max(left, until)
        for target, left in trials
        if (until := _until_first(rows.filter(target=target) if target else rows)) is not None
    ]
    shut = {target for target, _ in trials}
    if "" not in shut:
        until = _until_first(rows.exclude(target__in=shut) if shut else rows)
        waits += [] if until is None else [until]
    return min(waits, default=None)


def _until_first(rows: QuerySet[Delivery]) -> float | None:
    row = (
        rows.order_by("next_attempt_at")
        .annotate(looked_at=Now())
        .values_list("next_attempt_at", "looked_at")
        .first()
    )
    if row is None or row[0] is None:
        return None
    return max(0.0, (row[0] - row[1]).total_seconds())


def _send_batch(channel: str, rows: list[Delivery]) -> SendResult:
    """Send claimed rows one by one, those of a digest together, and settle each."""
    result = SendResult()
    units = [rows] if rows[0].digest and len(rows) > 1 else [[row] for row in rows]
    gives_back_at = time.monotonic() + BATCH_TAKES
    try:
        with session_of(channel)() as send:
            while units:
                if time.monotonic() > gives_back_at:
                    _give_back(units)
                    break
                try:
                    result = result.plus(_send_unit(send, units[0]))
                except Later as error:
                    target = units[0][0].target
                    if not target:
                        raise
                    result = result.plus(_shut(channel, target, units.pop(0), error))
                    beside = [unit for unit in units if unit[0].target == target]
                    _give_back(beside, said=str(error))
                    units = [unit for unit in units if unit[0].target != target]
                else:
                    units.pop(0)
    except DatabaseError:
        raise
    except Later as error:
        shut = error
    except Exception as error:
        logger.exception("The channel %s cannot be opened.", channel)
        shut = Later(f"{type(error).__name__}: {error}", whole_channel=True)
    else:
        return result
    result = result.plus(_shut(channel, "", units.pop(0), shut))
    _give_back(units, said=str(shut))
    return replace(result, blocked=True, retried=result.retried + sum(map(len, units)))


def _shut(channel: str, target: str, unit: list[Delivery], error: Later) -> SendResult:
    """The target took nothing: its rows are due again as soon as it opens.

    The one of which nobody knows whether it arrived waits by itself.
    """
    said = one_line(str(error), 500)
    targets.shut(channel, target, said, asked=error.after)
    if error.unsure:
        return _try_again(unit, error)
    ended = [_end_of(row, said=said) for row in unit]
    waiting = [row for row, end in zip(unit, ended, strict=True) if end is None]
    _give_back([waiting], said=said)
    result = SendResult(retried=len(waiting))
    for end in ended:
        result = result.plus(end) if end is not None else result
    return result


def _end_overdue(channel: str, target: str) -> SendResult:
    """End rows that wait for a shut target and have expired or waited for 72 hours."""
    with transaction.atomic():
        moment = now()
        rows = takeable(channel, moment, even_if_shut=True).filter(
            Q(expires_at__lte=moment) | Q(due_at__lte=moment - GIVE_UP_AFTER)
        )
        found = list((rows.filter(target=target) if target else rows)[:OVERDUE])
        claimed = claim(found, moment)
    result = SendResult()
    for row in claimed:
        ended = _end_of(row, said=row.last_error or "Nothing could be handed over.")
        result = result.plus(ended) if ended is not None else result
    return result


def _send_unit(send: Send, unit: list[Delivery]) -> SendResult:
    """Send the rows of one message, leaving out what is stale; raises when the channel is shut."""
    result, fit = SendResult(), []
    for row in unit:
        if (ended := _end_of(row)) is None:
            fit.append(row)
        else:
            result = result.plus(ended)
    if not fit:
        return result
    try:
        send(fit)
    except Never as error:
        targets.opened(fit[0].channel, fit[0].target)
        for row in fit:
            result = result.plus(_give_up(row, str(error)))
    except Later as error:
        if error.whole_channel:
            raise
        targets.opened(fit[0].channel, fit[0].target)
        result = result.plus(_try_again(fit, error))
    except Exception as error:
        logger.exception("Delivery %s could not be sent.", fit[0].pk)
        result = result.plus(_try_again(fit, Later(f"{type(error).__name__}: {error}")))
    else:
        targets.opened(fit[0].channel, fit[0].target)
        for row in fit:
            done = _settle(row, State.SENT, sent_at=Now(), last_error="", cancelled_reason="")
            result = result.plus(SendResult(sent=done, lost=not done))
    return result


def _end_of(row: Delivery, *, said: str = "") -> SendResult | None:
    """Settle a row that must not be sent and say how; ``None`` for one that goes out.

    With ``said``, why it cannot, one that has been tried for 72 hours is given up.
    """
    if row.cancelled_reason:
        return SendResult(cancelled=_settle(row, State.CANCELLED))
    if row.crashes >= CRASHES:
        return _give_up(row, f"{row.crashes} senders died with it in hand.")
    if row.expires_at is not None and row.expires_at <= now():
        return SendResult(expired=_settle(row, State.EXPIRED, last_error=said or row.last_error))
    if said:
        is_old = now() - row.due_at >= GIVE_UP_AFTER
        return _give_up(row, said) if is_old else None
    try:
        if row.person is not None:
            row.person.refresh_from_db(fields=["is_active", "email"])
        ruled = verdict_on(row)
    except Exception as error:
        # Who may know of an incident is never guessed: without an answer the message waits.
        logger.exception("Whether delivery %s still matters could not be found out.", row.pk)
        return _try_again([row], Later(f"{type(error).__name__}: {error}"))
    if ruled.because:
        reason = one_line(ruled.because, 200)
        return SendResult(cancelled=_settle(row, State.CANCELLED, cancelled_reason=reason))
    if ruled.until is not None and ruled.until > now():
        return _hold(row, ruled.until)
    return None


def _hold(row: Delivery, until: datetime) -> SendResult:
    """Let the row wait until then, which is no failure; one that expires first ends at once."""
    if row.expires_at is not None and row.expires_at <= until:
        return SendResult(expired=_settle(row, State.EXPIRED))
    mine = Delivery.objects.filter(pk=row.pk, state=State.SENDING, attempt=row.attempt)
    if mine.filter(cancelled_reason="").update(
        state=State.PENDING, due_at=until, next_attempt_at=until, crashes=0
    ):
        return SendResult(held=1)
    # Cancelled while it was in our hands, or not ours any more.
    return SendResult(cancelled=_settle(row, State.CANCELLED))


def _settle(row: Delivery, state: State, **fields: Any) -> bool:
    """Bring the row to its end, if it is still ours (the attempt is the fence)."""
    mine = Delivery.objects.filter(pk=row.pk, state=State.SENDING, attempt=row.attempt)
    return bool(mine.update(state=state, next_attempt_at=None, settled_at=Now(), **fields))


def _try_again(rows: Sequence[Delivery], error: Later) -> SendResult:
    """Back off, unless the row expires first or has been tried for 72 hours."""
    result = SendResult()
    for row in rows:
        moment = now()
        wait = wait_unsure(row.unsure) if error.unsure else wait_after(row.attempt, error.after)
        again_at = moment + wait
        said = one_line(str(error), 500)
        mine = Delivery.objects.filter(pk=row.pk, state=State.SENDING, attempt=row.attempt)
        if row.expires_at is not None and row.expires_at <= again_at:
            expired = _settle(row, State.EXPIRED, last_error=said)
            result = result.plus(SendResult(expired=expired))
        elif moment - row.due_at >= GIVE_UP_AFTER:
            result = result.plus(_give_up(row, said))
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
            result = result.plus(SendResult(cancelled=_settle(row, State.CANCELLED)))
        if row.incident_id is not None:
            announce(f"incident:{row.incident_id}")
    return result


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


def _give_back(units: Sequence[Sequence[Delivery]], *, said: str = "") -> None:
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
                _settle(row, State.CANCELLED)


def _give_up(row: Delivery, said: str) -> SendResult:
    """Mark the row dead and tell the administrators over another channel."""
    with transaction.atomic():
        if not _settle(row, State.DEAD, last_error=one_line(said, 500)):
            return SendResult(lost=1)
        if row.incident_id is not None:
            announce(f"incident:{row.incident_id}")
        if row.kind != Undelivered.name:
            _tell_admins(row, said)
    return SendResult(dead=1)


def _tell_admins(row: Delivery, said: str) -> None:
    named = f" about {row.incident_ref}" if row.incident_ref else ""
    channels: tuple[str, ...] = (Channel.IN_APP,)
    if row.channel != Channel.EMAIL:
        channels += (Channel.EMAIL,)
    tell(
        row.about,
        User.objects.admins(),
        Undelivered.name,
        f"A message{named} could not be delivered",
        f"“{row.subject_line}” for {row.recipient} over {row.get_channel_display()} was "
        f"given up. {said} It can be sent again from the incident.",
        key=f"undelivered:{row.pk}.{row.replays}",
        channels=channels,
        url="",
    )
