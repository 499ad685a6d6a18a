"""The sweep over a hundred thousand open deadlines: nothing due, and a thousand due."""

import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from bench.rows import Row
from bench.scenery import come_to_rest
from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from deadlines.sweeping import sweep
from notifications.kinds import register
from notifications.models import Delivery
from people.models import User

OPEN, DUE = 100_000, 1_000
DEADLINES = """
INSERT INTO deadlines_deadline
    (kind, subject_id, scope, incident_ref, due_at, next_step_at, step, state, context, created_at,
     settled_reason, moved_count, failures, last_error)
SELECT 'bench', n, '', '', now() + interval '1 day', now() + interval '1 day', 0, 'open', '{}',
       now(), '', 0, 0, ''
FROM generate_series(1, %s) n
"""


class Errand(DeadlineKind[Deadline]):
    """A deadline without an incident that nudges one person."""

    name = "bench"
    words = "an errand"

    def lock(self, deadline: Deadline) -> Deadline | None:
        """Itself."""
        return deadline

    def ladder(self, subject: Deadline, deadline: Deadline) -> Sequence[Step]:
        """One step."""
        return (Step(timedelta(0), "due"),)

    def nudges(
        self, subject: Deadline, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """One person."""
        return [Nudge(_somebody(), "An errand is due", "It is time.")]


_people: list[User] = []


def _somebody() -> User:
    if not _people:
        _people.append(User.objects.create_user("errands@bench.test", name="Elin Errand"))
    return _people[0]


def rows() -> list[Row]:
    """None due, then a thousand."""
    register(Errand())
    _somebody()
    with connection.cursor() as cursor:
        cursor.execute(DEADLINES, [OPEN])
    come_to_rest()
    idle = [sweep().took_ms for _ in range(20)]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE deadlines_deadline SET due_at = now() - interval '1 second', "
            "next_step_at = now() - interval '1 second' WHERE kind = 'bench' AND subject_id <= %s",
            [DUE],
        )
    before = Delivery.objects.count()
    result = sweep()
    written = Delivery.objects.count() - before
    if result.stepped != DUE or written < DUE:
        raise RuntimeError(f"{result} wrote {written} deliveries")
    name = f"sweep, {OPEN} open"
    return [
        Row(f"{name}, none due", statistics.median(idle), "ms", bar=5.0),
        Row(f"{name}, {DUE} due, {written} deliveries", result.took_ms / 1000, "s", bar=2.0),
    ]
