"""What an app above tells the engine about one kind of deadline, and the register of all kinds.

The engine (``actions``) knows times, steps and rows; everything the domain knows (who hears, in
which words, when it no longer matters) comes through a ``DeadlineKind``.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from deadlines.models import Deadline
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
    anything else after the kind's ``nudge_lives``). Nudges to one person with the same ``digest``
    that leave at about the same time leave as one message.
    """

    person: User | None
    subject_line: str
    text: str
    url: str = ""
    html: str = ""
    address: str = ""
    expires_at: datetime | None = None
    digest: str = ""


Subject = TypeVar("Subject")


class DeadlineKind(ABC, Generic[Subject]):
    """One kind of deadline. Subclass it, and ``register`` an instance in ``AppConfig.ready``.

    Every method but ``lock`` is called with the incident and the deadline locked, in the sweep's
    transaction: no network, no waiting, few queries. They may run again when the transaction fails.
    """

    name: ClassVar[str]
    """What ``Deadline.kind`` says, such as ``update``."""
    words: ClassVar[str]
    """What people read: "the next update"."""
    nudge_lives: ClassVar[timedelta] = timedelta(hours=24)
    """How long a nudge is worth sending after its step."""

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

    def is_still_wanted(self, subject: Subject, deadline: Deadline) -> bool:
        """Whether the deadline still binds anybody; False releases it without a word."""
        return True

    def on_step(self, subject: Subject, deadline: Deadline, step: Step, now: datetime) -> None:
        """Write what the step means for the record, such as "update overdue". Once per step."""

    def still_matters(self, deadline: Deadline, person: User | None) -> str | None:
        """Asked right before a nudge is sent: why it no longer matters to ``person``, or None.

        That the deadline was kept, moved or released meanwhile is checked without asking.
        """
        return None


_kinds: dict[str, DeadlineKind[Any]] = {}


def register(kind: DeadlineKind[Any]) -> None:
    """Make ``kind`` known under its name. The same name of another class is a mistake."""
    known = _kinds.get(kind.name)
    if known is not None and type(known) is not type(kind):
        raise LookupError(f"the deadline kind {kind.name!r} is registered twice")
    _kinds[kind.name] = kind


def unregister(name: str) -> None:
    """Forget a kind; for tests that bring their own."""
    _kinds.pop(name, None)


def kind_named(name: str) -> DeadlineKind[Any]:
    """The registered kind; raises ``LookupError`` for a name nobody registered."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no deadline kind is registered as {name!r}") from None


def all_kinds() -> list[DeadlineKind[Any]]:
    """Every registered kind by name."""
    return [_kinds[name] for name in sorted(_kinds)]
