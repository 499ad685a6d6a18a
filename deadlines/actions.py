"""Opening, moving, keeping and releasing a deadline. Climbing its ladder stands in ``sweeping``.

Callers hold the lock of the incident the deadline belongs to (the lock order is incident, deadline,
delivery). Inside their transaction nothing here is a savepoint: what fails here fails whole.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from clock.queries import now
from deadlines.kinds import Step, kind_named
from deadlines.models import Deadline, State
from deadlines.sweeping import SweepResult, sweep
from notifications.about import About
from notifications.actions import cancel_deliveries
from notifications.outbox import one_line
from people.models import User
from prepared import prepared
from prepared.writing import columns_of, insert, rows_of

__all__ = [
    "SweepResult",
    "change_ladders",
    "keep_deadline",
    "move_deadline",
    "owe",
    "release_deadline",
    "renew",
    "retry_deadline",
    "sweep",
]


@transaction.atomic(savepoint=False)
def owe(
    about: About | None,
    kind: str,
    subject: models.Model,
    due_at: datetime,
    owner: User | None = None,
    *,
    context: dict[str, Any] | None = None,
) -> Deadline:
    """Start the ladder of ``kind`` for ``subject`` towards ``due_at``; ``owner`` owes it.

    ``kind`` is the name of a registered class (else ``LookupError``). ``about`` is what its nudges
    are about, mostly the incident, and ``subject`` what the kind follows: it, or a part of it.
    Reminders whose moment has passed already are left out; a due time in the past falls due at
    once. One open deadline per kind and subject: where there is one, it is moved to ``due_at`` and
    given to ``owner``; twice the same is once. Four queries.
    """
    existing = _open(kind, subject.pk)
    if existing is None:
        return _begin(about, kind, subject, due_at, owner, context=context)
    if owner is not None and existing.owner_id != owner.pk:
        existing.owner = owner
        existing.save(update_fields=["owner"])
    return _move(existing, subject, due_at)


@transaction.atomic(savepoint=False)
def renew(
    about: About,
    kind: str,
    subject: models.Model,
    due_at: datetime,
    owner: User | None,
    *,
    kept_at: datetime,
    reason: str,
) -> Deadline:
    """Keep what ``subject`` owes as done at ``kept_at``, and owe it again until ``due_at``.

    As ``keep_deadline`` and ``owe`` after it, by a query less.
    """
    _settle(kind, subject, State.KEPT, kept_at, reason)
    return _begin(about, kind, subject, due_at, owner)


def _begin(
    about: About | None,
    kind: str,
    subject: models.Model,
    due_at: datetime,
    owner: User | None,
    *,
    context: dict[str, Any] | None = None,
) -> Deadline:
    """A new deadline, where none is open."""
    # Who holds a lock knows the moment; without it somebody may be opening the same just now.
    locked_at: datetime | None = getattr(about, "locked_at", None)
    moment = locked_at or now()
    deadline = Deadline(
        kind=kind,
        subject_id=subject.pk,
        scope=f"incident:{about.pk}" if about is not None else "",
        incident_id=about.pk if about is not None else None,
        incident_ref=about.ref if about is not None else "",
        owner=owner,
        due_at=due_at,
        context=context or {},
        created_at=moment,
    )
    _start_ladder(deadline, kind_named(kind).ladder(subject, deadline), moment)
    if locked_at is not None:
        insert(deadline)
        return deadline
    try:
        with transaction.atomic():
            deadline.save(force_insert=True)
    except IntegrityError:
        existing = _open(kind, subject.pk)
        if existing is None:
            raise
        return _move(existing, subject, due_at)
    return deadline


@transaction.atomic(savepoint=False)
def move_deadline(kind: str, subject: models.Model, *, due_at: datetime) -> Deadline | None:
    """Move the open deadline of ``subject`` to ``due_at`` and start its ladder again.

    Nudges of the old time that have not left are cancelled. The same time changes nothing; without
    an open deadline the answer is ``None``.
    """
    deadline = _open(kind, subject.pk)
    return _move(deadline, subject, due_at) if deadline else None


@transaction.atomic(savepoint=False)
def keep_deadline(
    kind: str, subject: models.Model | int, *, at: datetime | None = None, reason: str = ""
) -> Deadline | None:
    """Settle the open deadline as kept: what it asked for was done, at ``at`` (default: now).

    Nudges that have not left are cancelled. Answers ``None`` when there is none open, so twice is
    once.
    """
    return _settle(kind, subject, State.KEPT, at, reason or "It was done.")


@transaction.atomic(savepoint=False)
def release_deadline(
    kind: str, subject: models.Model | int, *, at: datetime | None = None, reason: str = ""
) -> Deadline | None:
    """Settle the open deadline as released: nobody owes it any more. Otherwise like keeping."""
    return _settle(kind, subject, State.RELEASED, at, reason or "It is no longer owed.")


@transaction.atomic
def retry_deadline(deadline_id: int) -> bool:
    """Take up a deadline again that was set aside; answers whether there was one."""
    return bool(
        Deadline.objects.set_aside()
        .filter(pk=deadline_id)
        .update(set_aside_at=None, failures=0, next_step_at=now())
    )


@transaction.atomic
def change_ladders(
    kinds: Sequence[str], incident_ids: Sequence[int], *, how: Callable[[], None]
) -> None:
    """Let ``how`` change what the ladders of ``kinds`` are made of, and climb on by the new ones.

    The open deadlines of those incidents follow; the caller holds the incidents' locks. Due times
    and rounds stay. Steps are known by name: what was taken is not taken again, except that one
    moved to a later moment tells whom it has not told. What is new and past falls due at once,
    reminders and what stands before a step that was taken left out. Those set aside are tried
    again. Three queries for each deadline besides what its kind asks.
    """
    rows = Deadline.objects.open().filter(kind__in=kinds, incident_id__in=incident_ids)
    standing = []
    for deadline in rows.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        known = kind_named(deadline.kind)
        subject = known.lock(deadline)
        if subject is not None:
            ladder = known.ladder(subject, deadline)
            taken = {step.name for step in ladder[: deadline.step]}
            standing.append((deadline, taken))
    how()
    moment = now()
    for deadline, taken in standing:
        known = kind_named(deadline.kind)
        # Read anew: what was read before may keep what its ladder was made of.
        subject = known.lock(deadline)
        if subject is None:
            continue
        ladder = known.ladder(subject, deadline)
        past = [
            index
            for index, step in enumerate(ladder)
            if step.name in taken and step.moment(deadline.due_at) <= moment
        ]
        deadline.failures = 0
        deadline.last_error = ""
        deadline.set_aside_at = None
        _start_ladder(deadline, ladder, moment, after=max(past, default=-1))
        deadline.save()


def _open(kind: str, subject_id: int) -> Deadline | None:
    return _locked.first(kind, subject_id)


@prepared
def _locked(kind: str, subject: int) -> "models.QuerySet[Deadline]":
    rows = Deadline.objects.open().filter(kind=kind, subject_id=subject).order_by("id")[:1]
    return rows.select_for_update(no_key=True, of=("self",))


def _move(deadline: Deadline, subject: models.Model, due_at: datetime) -> Deadline:
    if deadline.due_at == due_at:
        return deadline
    deadline.due_at = due_at
    deadline.moved_count += 1
    deadline.failures = 0
    deadline.last_error = ""
    deadline.set_aside_at = None
    _start_ladder(deadline, kind_named(deadline.kind).ladder(subject, deadline), now())
    deadline.save()
    cancel_deliveries(source=deadline.source, reason="The due time was moved.")
    return deadline


def _start_ladder(
    deadline: Deadline, ladder: Sequence[Step], moment: datetime, *, after: int = -1
) -> None:
    """Stand before the first step worth taking ``after`` the index that was taken last.

    No reminder is given after its time.
    """
    deadline.step = len(ladder)
    deadline.next_step_at = None
    for index, step in enumerate(ladder):
        at = step.moment(deadline.due_at)
        if index > after and (at > moment or not step.is_reminder):
            deadline.step, deadline.next_step_at = index, at
            return


_SETTLE = f"""
UPDATE deadlines_deadline SET state = %s, settled_at = coalesce(%s, endstate_now()),
  settled_reason = %s, next_step_at = NULL, set_aside_at = NULL
WHERE kind = %s AND subject_id = %s AND state = '{State.OPEN}'
RETURNING {columns_of(Deadline)}
"""  # noqa: S608 - all of it is ours


def _settle(
    kind: str, subject: models.Model | int, state: State, at: datetime | None, reason: str
) -> Deadline | None:
    subject_id = subject if isinstance(subject, int) else subject.pk
    values = [state.value, at, one_line(reason, 200), kind, subject_id]
    deadline = next(iter(rows_of(Deadline, _SETTLE, values)), None)
    if deadline is None:
        return None
    cancel_deliveries(source=deadline.source, reason=deadline.settled_reason)
    return deadline
