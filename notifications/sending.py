"""Sending what the outbox holds: claim with a lease, send outside any transaction, settle fenced.

A row is claimed by raising its ``attempt``; only the sender with that number may settle it. A
sender that dies leaves a lease that runs out, and the row goes out again with the same Message-ID.
How a row ends stands in ``settling``, what a target does that takes nothing in ``targets``.
"""

import logging
import time
from collections.abc import Collection
from dataclasses import replace

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet

from clock.models import Now
from clock.queries import now
from notifications import targets
from notifications.channels import Later, Never, Send, session_of
from notifications.claiming import BATCH, claim, claim_for_trial, claims, takeable
from notifications.models import Delivery, State
from notifications.outbox import one_line
from notifications.settling import (
    GIVE_UP_AFTER,
    SendResult,
    end_of,
    ends_of,
    give_back,
    give_up,
    settle_all,
    try_again,
)

logger = logging.getLogger(__name__)

BATCH_TAKES = 15.0
"""Seconds after which a batch gives back what it has not begun, well before the lease ends."""
OVERDUE = 100
"""How many rows that wait for a shut target are ended in a pass because their time is over."""


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
                    give_back(units)
                    break
                try:
                    result = result.plus(_send_unit(send, units[0]))
                except Later as error:
                    target = units[0][0].target
                    if not target:
                        raise
                    result = result.plus(_shut(channel, target, units.pop(0), error))
                    beside = [unit for unit in units if unit[0].target == target]
                    give_back(beside, said=str(error))
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
    give_back(units, said=str(shut))
    return replace(result, blocked=True, retried=result.retried + sum(map(len, units)))


def _shut(channel: str, target: str, unit: list[Delivery], error: Later) -> SendResult:
    """The target took nothing: its rows are due again as soon as it opens.

    The one of which nobody knows whether it arrived waits by itself.
    """
    said = one_line(str(error), 500)
    targets.shut(channel, target, said, asked=error.after)
    if error.unsure:
        return try_again(unit, error)
    ended = [end_of(row, said=said) for row in unit]
    waiting = [row for row, end in zip(unit, ended, strict=True) if end is None]
    give_back([waiting], said=said)
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
        ended = end_of(row, said=row.last_error or "Nothing could be handed over.")
        result = result.plus(ended) if ended is not None else result
    return result


def _send_unit(send: Send, unit: list[Delivery]) -> SendResult:
    """Send the rows of one message, leaving out what is stale; raises when the channel is shut."""
    result, fit = SendResult(), []
    for row, ended in ends_of(unit):
        if ended is None:
            fit.append(row)
        else:
            result = result.plus(ended)
    if not fit:
        return result
    try:
        send(fit)
    except Never as error:
        targets.opened(fit[0].channel, fit[0].target)
        result = result.plus(give_up(fit, str(error)))
    except Later as error:
        if error.whole_channel:
            raise
        targets.opened(fit[0].channel, fit[0].target)
        result = result.plus(try_again(fit, error))
    except Exception as error:
        logger.exception("Delivery %s could not be sent.", fit[0].pk)
        result = result.plus(try_again(fit, Later(f"{type(error).__name__}: {error}")))
    else:
        targets.opened(fit[0].channel, fit[0].target)
        sent = settle_all(fit, State.SENT, sent_at=Now(), last_error="", cancelled_reason="")
        result = result.plus(SendResult(sent=sent, lost=len(fit) - sent))
    return result
