"""What a review owes: its meeting, its publication, its action items and their verification.

All of it keeps the office hours of whoever owes it: nobody is woken for a review.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from deadlines.office_hours import next_office_moment
from incidents.locking import lock_incident
from incidents.models import Incident
from people.models import User
from postmortems.models import ActionItem, ItemState, Postmortem
from postmortems.queries.finding import owners_above
from postmortems.reminding import remind
from postmortems.schedule import ITEM, LIST_CHECK, MEETING, PUBLICATION, VERIFICATION, morning_of
from refusals.errors import NotVisible

DAY = timedelta(days=1)
DUE = timedelta(0)


class OfReview(DeadlineKind[Postmortem]):
    """Something the facilitator owes: a day before, due, then whoever stands above."""

    nudge_lives = timedelta(days=3)
    steps: ClassVar[Sequence[tuple[str, timedelta]]] = (
        ("before", -DAY),
        ("due", DUE),
        ("late", DAY),
    )
    due_words = ""
    late_words = ""

    def lock(self, deadline: Deadline) -> Postmortem | None:
        """The review, its incident locked."""
        incident = _locked(deadline)
        reviews = Postmortem.objects.select_related("facilitator")
        found = reviews.filter(pk=deadline.subject_id).first()
        if incident is None or found is None:
            return None
        found.incident = incident
        return found

    def ladder(self, subject: Postmortem, deadline: Deadline) -> Sequence[Step]:
        """Every step in the facilitator's office hours."""
        return _in_office_hours(self.steps, deadline.due_at, subject.facilitator)

    def nudges(
        self, subject: Postmortem, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The facilitator; when it is late the service's owner too, else an administrator."""
        people = [subject.facilitator] if subject.facilitator else []
        if step.name == "late" or not people:
            people = [*people, *owners_above(subject.incident, subject.facilitator)]
        words = self.late_words if step.name == "late" else self.due_words
        return [
            Nudge(
                person=person,
                subject_line=f"{subject.incident.ref}: {words}",
                text=f"{subject.incident.title}: {words}. It is due "
                f"{deadline.due_at.astimezone(person.zone):%-d %b %H:%M}.",
                url=subject.get_absolute_url(),
            )
            for person in people
        ]

    def still_matters(self, deadline: Deadline, person: User | None) -> str | None:
        """Only to people who may still see the incident."""
        return _why_not_to(deadline, person)


class Meeting(OfReview):
    """P50: the review meets within 72 hours."""

    name = MEETING
    words = "the review meeting"
    due_words = "hold the review"
    late_words = "the review has not met"

    def is_still_wanted(self, subject: Postmortem, deadline: Deadline) -> bool:
        """Until it was held, or the document is out."""
        return subject.meeting_held_at is None and not subject.is_published


class Publication(OfReview):
    """P50: the document is published five working days after the meeting."""

    name = PUBLICATION
    words = "the post-mortem, published"
    steps = (("before", -DAY), ("due", DUE), ("late", DAY), ("escalated", 7 * DAY))
    due_words = "publish the post-mortem"
    late_words = "the post-mortem is not published"

    def is_still_wanted(self, subject: Postmortem, deadline: Deadline) -> bool:
        """Until it is published."""
        return not subject.is_published

    def nudges(
        self, subject: Postmortem, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Like any; the last step is for whoever stands above alone."""
        told = super().nudges(subject, deadline, step, now)
        if step.name != "escalated":
            return told
        late = Step(step.offset, "late", step.not_before)
        return super().nudges(subject, deadline, late, now)


class ListCheck(OfReview):
    """P58: a week after publication the whole list is looked at once."""

    name = LIST_CHECK
    words = "a look at the whole list of action items"
    steps = (("due", DUE), ("late", 3 * DAY))
    due_words = "look at the whole list: started, owned, still right?"
    late_words = "nobody has looked at the list of action items"

    def is_still_wanted(self, subject: Postmortem, deadline: Deadline) -> bool:
        """Until somebody looked."""
        return subject.list_looked_at is None


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
        """None of its own: ``on_step`` writes the day's message."""
        return ()

    def on_step(self, subject: ActionItem, deadline: Deadline, step: Step, now: datetime) -> None:
        """Name the item in today's message to whom the step is for."""
        for person in self.people(subject, deadline, step):
            remind(person, subject, now)

    def people(self, subject: ActionItem, deadline: Deadline, step: Step) -> list[User]:
        """Who hears at this step."""
        raise NotImplementedError


class ItemDue(OfItem):
    """P58: 3 days before and due the owner, a day later the facilitator, a week later the
    service's owner."""

    name = ITEM
    words = "an action item"

    def ladder(self, subject: ActionItem, deadline: Deadline) -> Sequence[Step]:
        """In the morning of the owner's working day."""
        steps = (("before", -3 * DAY), ("due", DUE), ("late", DAY), ("escalated", 7 * DAY))
        return _in_mornings(steps, deadline.due_at, subject.owner)

    def is_still_wanted(self, subject: ActionItem, deadline: Deadline) -> bool:
        """While it is open."""
        return subject.state == ItemState.OPEN

    def people(self, subject: ActionItem, deadline: Deadline, step: Step) -> list[User]:
        """The owner, then the facilitator, then the service's owner; whoever may hear."""
        incident, review = subject.postmortem.incident, subject.postmortem
        owner = subject.owner if subject.owner.is_active else None
        people: list[User] = []
        if step.name in ("before", "due"):
            people = [person for person in (owner or review.facilitator,) if person]
        elif step.name == "late" and review.facilitator and review.facilitator.is_active:
            people = [review.facilitator]
        return people or owners_above(incident, owner)


class Verification(OfItem):
    """P58: a week after done, somebody other than the owner looks."""

    name = VERIFICATION
    words = "an action item to verify"

    def ladder(self, subject: ActionItem, deadline: Deadline) -> Sequence[Step]:
        """In the morning of the verifier's working day."""
        steps = (("due", DUE), ("late", DAY), ("escalated", 7 * DAY))
        return _in_mornings(steps, deadline.due_at, deadline.owner or subject.owner)

    def is_still_wanted(self, subject: ActionItem, deadline: Deadline) -> bool:
        """While it waits."""
        return subject.state == ItemState.DONE

    def people(self, subject: ActionItem, deadline: Deadline, step: Step) -> list[User]:
        """The verifier first, then the service's owner, else an administrator."""
        verifier = deadline.owner if deadline.owner and deadline.owner.is_active else None
        people = [verifier] if verifier and step.name == "due" else []
        return people or owners_above(subject.postmortem.incident, subject.owner, verifier)


KINDS = (Meeting(), Publication(), ListCheck(), ItemDue(), Verification())


def _locked(deadline: Deadline) -> Incident | None:
    try:
        return lock_incident(deadline.incident_id or 0)
    except NotVisible:
        return None


def _why_not_to(deadline: Deadline, person: User | None) -> str | None:
    if person is None:
        return None
    if Incident.objects.visible_to(person).filter(pk=deadline.incident_id or 0).exists():
        return None
    return "They may not see the incident any more."


def _in_office_hours(
    steps: Sequence[tuple[str, timedelta]], due_at: datetime, person: User | None
) -> list[Step]:
    """Steps at their moments, or when the person's office opens after that."""
    if person is None:
        return [Step(offset, name) for name, offset in steps]
    return [
        Step(offset, name, not_before=next_office_moment(person, due_at + offset))
        for name, offset in steps
    ]


def _in_mornings(
    steps: Sequence[tuple[str, timedelta]], due_at: datetime, person: User
) -> list[Step]:
    """Steps when the person's office opens on their day; a reminder never after the due day's.

    Written as offsets from the due time, so that an item due at 18:00 is spoken of at 09:00.
    """
    found: list[Step] = []
    for name, offset in steps:
        at = morning_of(due_at + offset, person)
        found.append(Step(at - due_at, name))
    return found
