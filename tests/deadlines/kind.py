"""A deadline kind for tests: its subject is a person, its ladder and recipients are given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from notifications.models import Delivery
from people.models import User

REMINDER = Step(timedelta(minutes=-5), "reminder")
DUE = Step(timedelta(0), "due")
LATER = Step(timedelta(minutes=5), "later")
LAST = Step(timedelta(minutes=15), "last")


@dataclass
class Watering(DeadlineKind[User]):
    """Somebody promised to water the plants."""

    name = "watering"
    words = "watering the plants"

    steps: Sequence[Step] = (REMINDER, DUE, LATER, LAST)
    told: dict[str, Sequence[User]] = field(default_factory=dict)
    explodes_for: set[int] = field(default_factory=set)
    wanted: bool = True
    no_longer_allowed: str | None = None
    taken: list[tuple[int, str]] = field(default_factory=list)

    def lock(self, deadline: Deadline) -> User | None:
        rows = User.objects.select_for_update(no_key=True)
        found: User | None = rows.filter(pk=deadline.subject_id).first()
        return found

    def is_still_wanted(self, subject: User, deadline: Deadline) -> bool:
        return self.wanted

    def ladder(self, subject: User, deadline: Deadline) -> Sequence[Step]:
        return self.steps

    def nudges(
        self, subject: User, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        if subject.pk in self.explodes_for:
            raise ValueError("the watering can is empty")
        return [
            Nudge(person, f"Plants: {step.name}", f"Water the plants of {subject.name}.")
            for person in self.told.get(step.name, [subject])
        ]

    def on_step(self, subject: User, deadline: Deadline, step: Step, now: datetime) -> None:
        self.taken.append((subject.pk, step.name))

    def why_stale(self, delivery: Delivery) -> str | None:
        return super().why_stale(delivery) or self.no_longer_allowed
