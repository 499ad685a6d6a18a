"""Action items that fall due and wait to be verified: who hears at which step (P58)."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime

from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from people.models import User
from postmortems.items.models import ActionItem, ItemState
from postmortems.review.deadlines import DAY, FollowUp, _locked
from postmortems.review.ladders import follow_up_ladder
from postmortems.review.models import FollowUpAudience
from postmortems.review.mornings import note_for_morning
from postmortems.review.queries import owners_above
from postmortems.review.schedule import ITEM, VERIFICATION, morning_of


class OfItem(DeadlineKind[ActionItem]):
    """Something about one action item, told with everything else of that person and day."""

    def lock(self, deadline: Deadline) -> ActionItem | None:
        """The item, its incident locked."""
        incident = _locked(deadline)
        items = ActionItem.objects.select_related("owner", "postmortem__facilitator", "created_by")
        found = items.filter(pk=deadline.subject_id).first()
        if incident is None or found is None:
            return None
        found.postmortem.incident = incident
        return found

    def nudges(
        self, subject: ActionItem, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """None of its own: ``on_step`` notes it for the day's message."""
        return ()

    def on_step(self, subject: ActionItem, deadline: Deadline, step: Step, now: datetime) -> None:
        """Note the item for the morning of whom the step is for."""
        for person in self.people(subject, deadline, step):
            note_for_morning(person, self.name, subject.pk, step.name, at=now)

    def ladder(self, subject: ActionItem, deadline: Deadline) -> Sequence[Step]:
        """The steps of the severity's policy, in the morning of a working day. One query.

        As offsets from the due time, so that an item due at 18:00 is spoken of at 09:00.
        """
        severity, due_at = subject.postmortem.incident.highest_severity, deadline.due_at
        person = self.who_owes(subject, deadline) or subject.owner
        steps = []
        for name, days, audience in follow_up_ladder(self.name, severity):
            at = morning_of(due_at + days * DAY, person)
            steps.append(FollowUp(at - due_at, name, audience=audience))
        return steps

    def people(self, subject: ActionItem, deadline: Deadline, step: Step) -> list[User]:
        """Whom the step names, as far as they are active; else whoever stands above."""
        audience = step.audience if isinstance(step, FollowUp) else FollowUpAudience.OWES
        incident, review = subject.postmortem.incident, subject.postmortem
        owing = self.who_owes(subject, deadline)
        named: list[User | None] = []
        match audience:
            case FollowUpAudience.OWES | FollowUpAudience.BOTH:
                named = [owing]
            case FollowUpAudience.FACILITATOR:
                named = [review.facilitator]
        people = [one for one in named if one is not None and one.is_active]
        if audience == FollowUpAudience.BOTH or not people:
            people += owners_above(incident, *people, subject.owner, owing)
        return people

    @abstractmethod
    def who_owes(self, subject: ActionItem, deadline: Deadline) -> User | None:
        """Whose turn it is."""


class ItemDue(OfItem):
    """P58: by default the owner 3 days before and when it is due, a day later the facilitator, a
    week later the service's owner."""

    name = ITEM
    words = "an action item"

    def is_still_wanted(self, subject: ActionItem, deadline: Deadline) -> bool:
        """While it is open."""
        return subject.state == ItemState.OPEN

    def who_owes(self, subject: ActionItem, deadline: Deadline) -> User | None:
        """The owner; once they left, the facilitator."""
        return subject.owner if subject.owner.is_active else subject.postmortem.facilitator


class Verification(OfItem):
    """P58: a week after done, somebody other than the owner looks."""

    name = VERIFICATION
    words = "an action item to verify"

    def is_still_wanted(self, subject: ActionItem, deadline: Deadline) -> bool:
        """While it waits."""
        return subject.state == ItemState.DONE

    def who_owes(self, subject: ActionItem, deadline: Deadline) -> User | None:
        """The verifier."""
        return deadline.owner


KINDS = (ItemDue(), Verification())
