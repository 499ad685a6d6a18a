"""The sweep: everything that is due climbs one step, exactly once, however many sweeps run."""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, connection, transaction
from psycopg.errors import LockNotAvailable

from clock.queries import now
from deadlines.climbing import Climb, climb
from deadlines.kinds import kind_named
from deadlines.messages import SetAside
from deadlines.models import Deadline, State
from live.bell import ring_task
from notifications.outbox import one_line, queue_deliveries
from waits.limits import current

logger = logging.getLogger(__name__)

SET_ASIDE_AFTER = 5
"""Failures in a row after which a deadline is left alone and shown."""
BACK_OFF = timedelta(seconds=5)
"""Wait after the first failure; doubles with each one."""
TOGETHER = 20
"""How many due deadlines may share a transaction when there are more than that."""
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

    Incident, deadline (``SKIP LOCKED``), a second look, then the deliveries and the next step, in
    one transaction. Any number of sweeps at once write each step once. A row that raises is
    counted, tried again later and set aside after five times; the others go on.
    ``rings`` asks a worker to send, with the first step and at the end, for a caller that does not
    send by itself. Raises only when the database itself is away. Four queries when nothing is due,
    three for each row besides what its kind asks.
    """
    began = time.monotonic()
    started_at = now()
    due = list(
        Deadline.objects.open()
        .filter(next_step_at__lte=started_at)
        .order_by("next_step_at")
        .only("pk", "kind", "subject_id", "incident_id", "scope")[:limit]
    )
    counts = {"stepped": 0, "released": 0, "skipped": 0, "failed": 0}
    if due:
        with _impatient():
            for outcome in _take_up(due):
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
                    cursor.execute(
                        f"SET lock_timeout = '{current().lock_s:g}s'; RESET synchronous_commit"
                    )
            except DatabaseError:
                # A session that cannot take a setting back must not serve anybody else.
                connection.close()


def _take_up(rows: list[Deadline]) -> Iterator[str]:
    """Take due deadlines up; answers what became of each.

    A few have a transaction each. Many share one with up to ``TOGETHER`` others of other
    incidents, which saves most of the round trips; where one of them raises, each is tried alone.
    """
    if len(rows) <= TOGETHER:
        for row in rows:
            yield _alone(row)
        return
    for chunk in _chunks(rows):
        try:
            outcomes = _step(chunk)
        except Exception:
            # Which one it was, and whether the database is there at all, shows one by one.
            logger.warning("Deadlines that were due together go one by one.", exc_info=True)
            outcomes = [_alone(row) for row in chunk]
        yield from outcomes


def _chunks(rows: Sequence[Deadline]) -> Iterator[list[Deadline]]:
    """Up to ``TOGETHER`` rows of different scopes, in the one order in which locks are taken."""
    waiting = list(rows)
    while waiting:
        chunk: dict[object, Deadline] = {}
        later = []
        for index, row in enumerate(waiting):
            if len(chunk) == TOGETHER:
                later += waiting[index:]
                break
            scope = row.scope or (row.kind, row.subject_id)
            if scope in chunk:
                # Its subject would be loaded twice, and the second copy would be stale.
                later.append(row)
            else:
                chunk[scope] = row
        yield sorted(
            chunk.values(), key=lambda row: (row.incident_id or 0, row.kind, row.subject_id)
        )
        waiting = later


def _alone(row: Deadline) -> str:
    """Take one due deadline up in its own transaction; answers what became of it."""
    try:
        (outcome,) = _step([row])
    except Exception as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return "skipped"
        if not connection.in_atomic_block and not connection.is_usable():
            raise
        logger.exception("Deadline %s (%s) could not take its step.", row.pk, row.kind)
        _count_failure(row.pk, error)
        return "failed"
    return outcome


# What every due row costs is written out: through the ORM it takes longer in Python than in the
# database. A row that its own step moved or settled keeps what it was given there.
_LOCK_IF_DUE = """
    SELECT *, endstate_now() AS looked_at FROM deadlines_deadline
    WHERE id = ANY(%s) AND state = 'open' AND next_step_at <= endstate_now()
    FOR NO KEY UPDATE SKIP LOCKED
"""
_CLIMB = """
    UPDATE deadlines_deadline d
    SET step = climb.step, next_step_at = climb.next_step_at, failures = 0, last_error = ''
    FROM json_to_recordset(%s::json)
        AS climb(id bigint, round int, step int, next_step_at timestamptz)
    WHERE d.id = climb.id AND d.moved_count = climb.round AND d.state = 'open'
"""


def _lock_if_due(pks: list[int]) -> dict[int, Deadline]:
    """The deadlines, locked, with ``looked_at``; without those not due or in other hands."""
    return {row.pk: row for row in Deadline.objects.raw(_LOCK_IF_DUE, [pks])}


@transaction.atomic
def _step(rows: Sequence[Deadline]) -> list[str]:
    """Let the rows climb together; answers what became of each. All or nothing."""
    kinds = [kind_named(row.kind) for row in rows]
    subjects = [kind.lock(row) for kind, row in zip(kinds, rows, strict=True)]
    locked = _lock_if_due([row.pk for row in rows])
    outcomes, climbs = [], []
    for kind, subject, row in zip(kinds, subjects, rows, strict=True):
        deadline = locked.get(row.pk)
        if deadline is None:
            outcomes.append("skipped")
            continue
        moment: datetime = deadline.looked_at.astimezone(UTC)  # type: ignore[attr-defined]
        taken = climb(kind, subject, deadline, moment)
        if taken is None:
            _release(deadline, moment)
            outcomes.append("released")
        else:
            climbs.append(taken)
            outcomes.append("stepped")
    if climbs:
        _write(climbs, moment)
    return outcomes


def _write(climbs: Sequence[Climb], moment: datetime) -> None:
    messages = [message for taken in climbs for message in taken.messages]
    queue_deliveries(messages, at=moment, rings=False)
    values = [
        {
            "id": taken.deadline.pk,
            "round": taken.deadline.moved_count,
            "step": taken.step,
            "next_step_at": taken.next_step_at,
        }
        for taken in climbs
    ]
    with connection.cursor() as cursor:
        cursor.execute(_CLIMB, [json.dumps(values, default=str)])


def _release(deadline: Deadline, moment: datetime) -> None:
    deadline.state = State.RELEASED
    deadline.settled_at = moment
    deadline.settled_reason = "Nobody needed it any more."
    deadline.next_step_at = None
    deadline.save(update_fields=["state", "settled_at", "settled_reason", "next_step_at"])


def _count_failure(pk: int, error: Exception) -> None:
    """Note a failure, back off, and after five in a row set the deadline aside and say so."""
    with transaction.atomic():
        rows = Deadline.objects.open().select_for_update(no_key=True, skip_locked=True)
        deadline = rows.filter(pk=pk).first()
        if deadline is None:
            return
        moment = now()
        deadline.failures += 1
        deadline.last_error = one_line(f"{type(error).__name__}: {error}", 500)
        deadline.next_step_at = moment + BACK_OFF * 2 ** (deadline.failures - 1)
        if deadline.failures >= SET_ASIDE_AFTER:
            deadline.next_step_at = None
            deadline.set_aside_at = moment
            SetAside.tell(deadline)
        deadline.save(update_fields=["failures", "last_error", "next_step_at", "set_aside_at"])
