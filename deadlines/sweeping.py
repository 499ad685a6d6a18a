"""The sweep: everything that is due climbs one step, exactly once, however many sweeps run."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg.errors import LockNotAvailable

from clock.queries import now
from deadlines.kinds import DeadlineKind, Nudge, Step, kind_named
from deadlines.models import Deadline, State
from live.bell import ring_task
from notifications.actions import Message, one_line, queue_deliveries
from people.models import User

logger = logging.getLogger(__name__)

SET_ASIDE_AFTER = 5
"""Failures in a row after which a deadline is left alone and shown."""
BACK_OFF = timedelta(seconds=5)
"""Wait after the first failure; doubles with each one."""
LATE = timedelta(minutes=5)
"""A step taken later than this was missed: enforcement was away."""
SEND = "notifications.tasks.send_due"
"""The task the sweep rings for, with its first step and at its end."""
LOCK_TIMEOUT = "2s"
"""Somebody who sits on an incident's lock for longer delays that incident only."""


@dataclass(frozen=True)
class SweepResult:
    """What one pass did. ``started_at`` by the database's clock; ``complete``: nothing due is left.

    ``due`` rows were seen; ``stepped`` climbed, ``released`` were no longer wanted, ``skipped``
    were in somebody else's hands, ``failed`` raised.
    """

    started_at: datetime
    due: int = 0
    stepped: int = 0
    released: int = 0
    skipped: int = 0
    failed: int = 0
    complete: bool = True
    took_ms: int = 0


def sweep(limit: int = 5000, *, rings: bool = False) -> SweepResult:
    """Take every step that is due, at most ``limit`` deadlines, oldest first.

    Each row has its own transaction: incident, deadline (``SKIP LOCKED``), a second look, then the
    deliveries and the next step together. Any number of sweeps at once write each step once. A row
    that raises is counted, tried again later and set aside after five times; the others go on.
    ``rings`` asks a worker to send, with the first step and at the end, for a caller that does not
    send by itself. Raises only when the database itself is away. Four queries when nothing is due,
    four for each row besides what its kind asks.
    """
    began = time.monotonic()
    started_at = now()
    due = list(
        Deadline.objects.open()
        .filter(next_step_at__lte=started_at)
        .order_by("next_step_at")
        .only("pk", "kind", "subject_id", "incident_id")[:limit]
    )
    counts = {"stepped": 0, "released": 0, "skipped": 0, "failed": 0}
    if due:
        with _impatient():
            for row in due:
                outcome = _take_up(row)
                counts[outcome] += 1
                if rings and outcome == "stepped" and counts["stepped"] == 1:
                    ring_task(SEND)
    if rings and counts["stepped"] > 1:
        ring_task(SEND)
    return SweepResult(
        started_at=started_at,
        due=len(due),
        complete=not _is_behind(started_at),
        took_ms=round((time.monotonic() - began) * 1000),
        **counts,
    )


def _is_behind(moment: datetime) -> bool:
    """Whether a deadline that was due at ``moment`` still is, or failed and waits to be tried."""
    rows = Deadline.objects.open()
    return rows.filter(next_step_at__lte=moment).exists() or rows.filter(failures__gt=0).exists()


@contextmanager
def _impatient() -> Iterator[None]:
    """Let no row's lock hold up the others, and no row wait for the disk.

    A commit that a crash of the database loses is a step not taken yet, and nothing of it can have
    left: the claim of its deliveries is a later commit that waits for the disk, and with it for
    everything before.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'; SET synchronous_commit = off")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout; RESET synchronous_commit")
            except DatabaseError:
                # A session that cannot take a setting back must not serve anybody else.
                connection.close()


def _take_up(row: Deadline) -> str:
    """Take one due deadline up in its own transaction; answers what became of it."""
    try:
        return _step(row)
    except Exception as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return "skipped"
        if not connection.in_atomic_block and not connection.is_usable():
            raise
        logger.exception("Deadline %s (%s) could not take its step.", row.pk, row.kind)
        _count_failure(row.pk, error)
        return "failed"


# The two statements that every due row costs are written out: through the ORM each takes longer in
# Python than in the database.
_LOCK_IF_DUE = """
    SELECT *, endstate_now() AS looked_at FROM deadlines_deadline
    WHERE id = %s AND state = 'open' AND next_step_at <= endstate_now()
    FOR NO KEY UPDATE SKIP LOCKED
"""
_CLIMB = """
    UPDATE deadlines_deadline SET step = %s, next_step_at = %s, failures = 0, last_error = ''
    WHERE id = %s
"""


def _lock_if_due(pk: int) -> Deadline | None:
    """The deadline, locked, with ``looked_at``; nothing if it is not due or in other hands."""
    return next(iter(Deadline.objects.raw(_LOCK_IF_DUE, [pk])), None)


@transaction.atomic
def _step(row: Deadline) -> str:
    kind = kind_named(row.kind)
    subject = kind.lock(row)
    deadline = _lock_if_due(row.pk)
    if deadline is None:
        return "skipped"
    moment: datetime = deadline.looked_at.astimezone(UTC)  # type: ignore[attr-defined]
    if subject is None or not kind.is_still_wanted(subject, deadline):
        deadline.state = State.RELEASED
        deadline.settled_at = moment
        deadline.settled_reason = "Nobody needed it any more."
        deadline.next_step_at = None
        deadline.save(update_fields=["state", "settled_at", "settled_reason", "next_step_at"])
        return "released"
    ladder = list(kind.ladder(subject, deadline))
    passed = deadline.step
    while passed < len(ladder) and ladder[passed].moment(deadline.due_at) <= moment:
        passed += 1
    steps = ladder[deadline.step : passed]
    for step in steps:
        kind.on_step(subject, deadline, step, moment)
    messages = _messages(kind, subject, deadline, steps, moment)
    queue_deliveries(messages, at=moment, rings=False)
    next_step_at = ladder[passed].moment(deadline.due_at) if passed < len(ladder) else None
    with connection.cursor() as cursor:
        cursor.execute(_CLIMB, [passed, next_step_at, deadline.pk])
    return "stepped"


def _messages(
    kind: DeadlineKind[Any],
    subject: Any,
    deadline: Deadline,
    steps: list[Step],
    moment: datetime,
) -> list[Message]:
    """One message per recipient, however many steps were missed, naming what was missed.

    Everybody whom any of the steps would have told is told, by the latest of their steps. A
    reminder says nothing once the due time itself is among the steps.
    """
    if any(not step.is_reminder for step in steps):
        steps = [step for step in steps if not step.is_reminder]
    chosen: dict[object, tuple[Step, Nudge]] = {}
    for step in reversed(steps):
        for nudge in kind.nudges(subject, deadline, step, moment):
            recipient = f"p{nudge.person.pk}" if nudge.person else nudge.address
            chosen.setdefault(recipient, (step, nudge))
    missed = [step for step in steps if moment - step.moment(deadline.due_at) > LATE]
    return [
        _message(kind, deadline, step, nudge, str(recipient), missed, moment)
        for recipient, (step, nudge) in chosen.items()
    ]


def _message(
    kind: DeadlineKind[Any],
    deadline: Deadline,
    step: Step,
    nudge: Nudge,
    recipient: str,
    missed: list[Step],
    moment: datetime,
) -> Message:
    text = nudge.text
    if missed:
        text = f"{text}\n\n{_what_was_missed(kind, deadline, missed, nudge.person)}"
    expires_at = nudge.expires_at or (
        deadline.due_at if step.is_reminder else moment + kind.nudge_lives
    )
    return Message(
        key=f"{deadline.source}.{deadline.moved_count}/{step.name}/{recipient}",
        kind=deadline.kind,
        step=step.name,
        source=deadline.source,
        digest=nudge.digest or ("missed" if missed else ""),
        person=nudge.person,
        address=nudge.address,
        channels=None if nudge.person else ("email",),
        incident_id=deadline.incident_id,
        incident_ref=deadline.incident_ref,
        subject_line=nudge.subject_line,
        text=text,
        html="" if missed else nudge.html,
        url=nudge.url,
        context={"round": deadline.moved_count, "missed": [step.name for step in missed]},
        due_at=moment,
        expires_at=expires_at,
    )


def _what_was_missed(
    kind: DeadlineKind[Any], deadline: Deadline, missed: list[Step], person: User | None
) -> str:
    zone = person.zone if person else UTC
    moments = ", ".join(
        f"{step.name} at {step.moment(deadline.due_at).astimezone(zone):%Y-%m-%d %H:%M %Z}"
        for step in missed
    )
    return f"Endstate could not say so in time. Missed for {kind.words}: {moments}."


def _count_failure(pk: int, error: Exception) -> None:
    """Note a failure, back off, and after five in a row set the deadline aside and say so."""
    with transaction.atomic():
        deadline = Deadline.objects.open().select_for_update(no_key=True).filter(pk=pk).first()
        if deadline is None:
            return
        moment = now()
        deadline.failures += 1
        deadline.last_error = one_line(f"{type(error).__name__}: {error}", 500)
        deadline.next_step_at = moment + BACK_OFF * 2 ** (deadline.failures - 1)
        if deadline.failures >= SET_ASIDE_AFTER:
            deadline.next_step_at = None
            deadline.set_aside_at = moment
            _say_it_was_set_aside(deadline, moment)
        deadline.save(update_fields=["failures", "last_error", "next_step_at", "set_aside_at"])


def _say_it_was_set_aside(deadline: Deadline, moment: datetime) -> None:
    about = f" of {deadline.incident_ref}" if deadline.incident_ref else ""
    queue_deliveries(
        [
            Message(
                key=f"{deadline.source}.{deadline.moved_count}/set-aside/p{admin.pk}",
                kind="set_aside",
                step="set_aside",
                person=admin,
                incident_id=deadline.incident_id,
                incident_ref=deadline.incident_ref,
                subject_line=f"A deadline{about} cannot be enforced",
                text=(
                    f"The deadline {deadline.kind} {deadline.subject_id}{about} failed "
                    f"{deadline.failures} times and was set aside. Somebody has to look after it "
                    f"by hand until it is taken up again. Last error: {deadline.last_error}"
                ),
            )
            for admin in User.objects.admins()
        ],
        at=moment,
    )
