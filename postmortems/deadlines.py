"""What a review owes: its meeting, its publication, its action items and their verification.

All of it keeps the office hours of whoever owes it: nobody is woken for a review.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from deadlines.office_hours import next_office_moment
from incidents.locking import lock_incident
from incidents.models import Incident
from incidents.queries.incidents import is_visible
from people.models import User
from postmortems.models import ActionItem, FollowUpAudience, ItemState, Postmortem
from postmortems.queries.finding import owners_above
from postmortems.queries.ladders import follow_up_ladder
from postmortems.reminding import remind
from postmortems.schedule import ITEM, LIST_CHECK, MEETING, PUBLICATION, VERIFICATION, morning_of
from refusals.errors import NotVisible

DAY = timedelta(days=1)
DUE_AT = timedelta(0)


@dataclass(frozen=True)
class FollowUp(Step):
    """A step of a ladder that knows whom it reaches."""

    audience: str = ""


class OfReview(DeadlineKind[Postmortem]):
    """Something the facilitator owes; by default a day before, due, then whoever stands above."""

    nudge_lives = timedelta(days=3)
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
        """The steps of the severity's policy in the facilitator's office hours. One query."""
        person, due_at = subject.facilitator, deadline.due_at
        steps = []
        for name, days, audience in follow_up_ladder(self.name, subject.incident.highest_severity):
            opens = next_office_moment(person, due_at + days * DAY) if person else None
            steps.append(FollowUp(days * DAY, name, opens, audience=audience))
        return steps

    def nudges(
        self, subject: Postmortem, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Whom the step names; without a facilitator whoever stands above."""
        audience = step.audience if isinstance(step, FollowUp) else FollowUpAudience.OWES
        people: list[User] = []
        if subject.facilitator and audience != FollowUpAudience.ABOVE:
            people = [subject.facilitator]
        if audience == FollowUpAudience.BOTH or not people:
            people = [*people, *owners_above(subject.incident, subject.facilitator)]
        words = self.late_words if step.offset > DUE_AT else self.due_words
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
    due_words = "publish the post-mortem"
    late_words = "the post-mortem is not published"

    def is_still_wanted(self, subject: Postmortem, deadline: Deadline) -> bool:
        """Until it is published."""
        return not subject.is_published


class ListCheck(OfReview):
    """P58: a week after publication the whole list is looked at once."""

    name = LIST_CHECK
    words = "a look at the whole list of action items"
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


KINDS = (Meeting(), Publication(), ListCheck(), ItemDue(), Verification())


def _locked(deadline: Deadline) -> Incident | None:
    try:
        return lock_incident(deadline.incident_id or 0)
    except NotVisible:
        return None


def _why_not_to(deadline: Deadline, person: User | None) -> str | None:
    if person is None:
        return None
    if is_visible(person, deadline.incident_id or 0):
        return None
    return "They may not see the incident any more."
