"""Questions to the engine: what is owed, when enforcement last ran, whether the books balance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet

from clock.models import Now
from clock.queries import now
from deadlines.kinds import DeadlineKind, Due, all_kinds
from deadlines.models import Deadline, Pass, State
from notifications.models import Delivery
from notifications.queries import check_books as check_outbox
from notifications.queries import what_is_late as what_should_have_left

BEHIND_AFTER = timedelta(minutes=2)


def promises_of(person: int) -> QuerySet[Deadline]:
    """What the person of that id owes, soonest first."""
    return Deadline.objects.open().filter(owner=person).order_by("due_at")


def name_dues(deadlines: Sequence[Deadline]) -> list[tuple[Deadline, Due]]:
    """Each deadline with what its kind calls it, in the order given. One query a kind at most."""
    of_kind: dict[str, list[Deadline]] = {}
    for one in deadlines:
        of_kind.setdefault(one.kind, []).append(one)
    kinds = {kind.name: kind for kind in all_kinds()}
    named = {name: kinds[name].dues(of_kind[name]) for name in of_kind if name in kinds}
    return [
        (one, named.get(one.kind, {}).get(one.subject_id) or _due_by_words(one, kinds))
        for one in deadlines
    ]


def _due_by_words(deadline: Deadline, kinds: Mapping[str, DeadlineKind[Any]]) -> Due:
    kind = kinds.get(deadline.kind)
    words = kind.words if kind else deadline.kind
    return Due(words[0].upper() + words[1:], deadline.incident_ref)


def seconds_until_due() -> float | None:
    """Seconds until the next step of any deadline, by the database's clock. One query."""
    row = (
        Deadline.objects.open()
        .filter(next_step_at__isnull=False)
        .order_by("next_step_at")
        .annotate(looked_at=Now())
        .values_list("next_step_at", "looked_at")
        .first()
    )
    if row is None or row[0] is None:
        return None
    return max(0.0, (row[0] - row[1]).total_seconds())


@dataclass(frozen=True)
class Enforcement:
    """When enforcement last ran and when it last left nothing behind, whoever rang."""

    ran_at: datetime | None
    complete_at: datetime | None
    looked_at: datetime

    @property
    def age_s(self) -> float | None:
        """Seconds since the last pass, or ``None`` when there never was one."""
        return None if self.ran_at is None else (self.looked_at - self.ran_at).total_seconds()


def last_enforcement() -> Enforcement:
    """For the page of every open incident and for ``/readyz``. Two queries."""
    newest = Pass.objects.aggregate(ran_at=Max("ran_at"), complete_at=Max("complete_at"))
    return Enforcement(newest["ran_at"], newest["complete_at"], now())


def ages_of_passes() -> dict[str, float]:
    """Seconds since each ringer last passed, by its name. One query."""
    passes = Pass.objects.annotate(looked_at=Now()).values_list("ringer", "ran_at", "looked_at")
    return {ringer: (looked_at - ran_at).total_seconds() for ringer, ran_at, looked_at in passes}


Books = Callable[[], list[str]]
_books: list[Books] = []
_late: list[Books] = []


def register_books(check: Books, *, late: Books = list) -> None:
    """Add an app's own reconciliation to ``check_books``: sentences about what is wrong.

    ``late`` are those of them that only time made, for ``what_is_late``.
    """
    if check not in _books:
        _books.append(check)
        _late.append(late)


def check_books() -> list[str]:
    """What does not add up anywhere, as sentences; empty when every obligation is accounted for.

    Deadlines, the outbox below and the apps above that registered. Runs hourly and ends every
    fault test.
    """
    wrong = [*check_outbox(), *_what_is_overdue()]
    opened = Deadline.objects.open()
    if aside := Deadline.objects.set_aside().count():
        wrong.append(f"{aside} deadlines were set aside after failing.")
    known = [kind.name for kind in all_kinds()]
    unknown = opened.exclude(kind__in=known).order_by().values_list("kind", flat=True).distinct()
    wrong += [
        f"Deadlines of the kind {name} are open, which nobody registered." for name in unknown
    ]
    settled = Deadline.objects.exclude(state=State.OPEN).values_list("pk", flat=True)
    sources = Delivery.objects.filter(state="pending", source__startswith="deadline:")
    pending = {int(source[9:]) for source in sources.values_list("source", flat=True).distinct()}
    if stale := settled.filter(pk__in=pending).count():
        wrong.append(f"{stale} settled deadlines still have nudges waiting.")
    for check in _books:
        wrong += check()
    return wrong


def what_is_late() -> list[str]:
    """Those sentences of ``check_books`` that only say that nobody enforced for a while."""
    return [
        *what_should_have_left(),
        *_what_is_overdue(),
        *(sentence for late in _late for sentence in late()),
    ]


def _what_is_overdue() -> list[str]:
    behind = Deadline.objects.open().filter(next_step_at__lt=now() - BEHIND_AFTER).count()
    return [f"{behind} deadlines are due for more than two minutes."] if behind else []
