"""What an app above tells the engine about one kind of deadline, and the register of all kinds.

The engine (``actions``) knows times, steps and rows; everything the domain knows (who hears, in
which words, when it no longer matters) comes through a ``DeadlineKind``. It is a kind of message
too, and stands in the one register of them all (``notifications.kinds``).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from deadlines.models import Deadline, State
from notifications.about import About
from notifications.kinds import MessageKind
from notifications.kinds import all_kinds as all_message_kinds
from notifications.kinds import kind_named as message_kind_named
from notifications.models import Delivery
from people.models import User


@dataclass(frozen=True)
class Step:
    """One step of a ladder: ``offset`` after the due time (negative: before it) and its ``name``.

    ``not_before`` puts the step off, for example to an office hour or to the morning.
    """

    offset: timedelta
    name: str
    not_before: datetime | None = None

    def moment(self, due_at: datetime) -> datetime:
        """When the step is taken for a deadline that is due at ``due_at``."""
        planned = due_at + self.offset
        return max(planned, self.not_before) if self.not_before else planned

    @property
    def is_reminder(self) -> bool:
        """Whether it comes before the due time, and so says nothing once that has passed."""
        return self.offset < timedelta(0)


@dataclass(frozen=True)
class Nudge:
    """What one recipient is told at one step. ``person``, or ``address`` for one without account.

    ``expires_at``: when saying it makes no sense any more (default: a reminder at the due time,
    anything else after the kind's ``nudge_lives``). ``url`` is the page of what it is about unless
    given. Nudges to one person with the same ``digest`` that leave at about the same time leave as
    one message. ``leaves_at`` puts the saying off, for somebody who sleeps; by then it is dropped
    if the deadline was kept. ``because`` says why this person has it, where that is more than the
    kind says.
    """

    person: User | None
    subject_line: str
    text: str
    url: str | None = None
    html: str = ""
    address: str = ""
    expires_at: datetime | None = None
    leaves_at: datetime | None = None
    digest: str = ""
    because: str = ""


@dataclass(frozen=True)
class Due:
    """What somebody owes, as their start page names it: in a line, and the one thing to do.

    ``does`` says what to do, at the address ``url``; ``note`` stands below the title.
    """

    title: str
    note: str = ""
    does: str = "Open"
    url: str = ""


Subject = TypeVar("Subject")


class DeadlineKind(MessageKind, ABC, Generic[Subject]):
    """One kind of deadline. Subclass it, and ``register`` an instance in ``AppConfig.ready``.

    Every method but ``lock`` and ``why_stale`` is called with the incident and the deadline locked,
    in the sweep's transaction: no network, no waiting, few queries. They may run again when the
    transaction fails.
    """

    nudge_lives: ClassVar[timedelta] = timedelta(hours=24)
    """How long a nudge is worth sending after its step."""

    def dues(self, deadlines: Sequence[Deadline]) -> dict[int, Due]:
        """How the start page names deadlines of this kind, by their subject. One query.

        What is left out is called by ``words``. Whoever asks has left out what its reader may not
        see.
        """
        return {}

    @abstractmethod
    def lock(self, deadline: Deadline) -> Subject | None:
        """Lock the incident (``FOR NO KEY UPDATE``) first, then answer the subject, or None: gone.

        ``deadline`` is read without a lock here: use only its ids.
        """

    @abstractmethod
    def ladder(self, subject: Subject, deadline: Deadline) -> Sequence[Step]:
        """All steps in the order of their moments. Called at opening, moving and every step."""

    @abstractmethod
    def nudges(
        self, subject: Subject, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Who is told what at ``step``. One per recipient; of several for one, the first counts."""

    def put_off(self, subject: Subject, nudges: Sequence[Nudge], now: datetime) -> Sequence[Nudge]:
        """The nudges of a step, put off (``leaves_at``) where they would reach who sleeps."""
        return nudges

    def is_still_wanted(self, subject: Subject, deadline: Deadline) -> bool:
        """Whether the deadline still binds anybody; False releases it without a word."""
        return True

    def on_step(self, subject: Subject, deadline: Deadline, step: Step, now: datetime) -> None:
        """Write what the step means for the record, such as "update overdue". Once per step."""

    def about(self, subject: Subject, deadline: Deadline) -> About | None:
        """What its nudges are about, for their verdict; with the subject at hand, no query."""
        return deadline.about

    def why_stale(self, delivery: Delivery) -> str | None:
        """A nudge is stale when its deadline was settled or moved since. One query.

        A message of this kind that is no nudge is not. Kinds that know more ask this first.
        """
        pk = deadline_behind(delivery)
        if pk is None:
            return None
        return _why_settled(Deadline.objects.filter(pk=pk).first(), delivery)

    def stale_among(self, deliveries: Sequence[Delivery]) -> dict[UUID, str]:
        """The same of several, such as those of a night: one query for all that are nudges."""
        behind = {row.pk: deadline_behind(row) for row in deliveries}
        nudges = [row for row in deliveries if behind[row.pk] is not None]
        found = super().stale_among([row for row in deliveries if behind[row.pk] is None])
        known = Deadline.objects.in_bulk({behind[row.pk] for row in nudges}) if nudges else {}
        for row in nudges:
            why = _why_settled(known.get(behind[row.pk]), row)
            if why is not None:
                found[row.pk] = why
        return found


def _why_settled(deadline: Deadline | None, delivery: Delivery) -> str | None:
    if deadline is None:
        return "The deadline is gone."
    if deadline.state != State.OPEN:
        return deadline.settled_reason or "The deadline was settled."
    if deadline.moved_count != delivery.context.get("round"):
        return "The due time was moved."
    return None


def deadline_behind(delivery: Delivery) -> int | None:
    """The primary key of the deadline whose nudge this is, if it is one."""
    name, _, pk = delivery.source.partition(":")
    return int(pk) if name == "deadline" else None


def kind_named(name: str) -> DeadlineKind[Any]:
    """The registered kind of deadline; raises ``LookupError`` for a name nobody registered."""
    kind = message_kind_named(name)
    if not isinstance(kind, DeadlineKind):
        raise LookupError(f"the kind {name!r} is one of messages, not of deadlines")
    return kind


def all_kinds() -> list[DeadlineKind[Any]]:
    """Every registered kind of deadline by name."""
    return [kind for kind in all_message_kinds() if isinstance(kind, DeadlineKind)]
