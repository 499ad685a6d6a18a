"""The meeting, the publication and the week's look at the list: who hears at which step."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deadlines.kinds import DeadlineKind, Due, Nudge, Step
from deadlines.models import Deadline
from incidents.record.locking import lock_incident
from incidents.record.models import Incident
from people.models import User
from postmortems.review.daily_notes import FACILITATES, NAMED, note_for_morning
from postmortems.review.ladders import follow_up_ladder
from postmortems.review.models import FollowUpAudience, Owed, Postmortem
from postmortems.review.queries import owners_above
from postmortems.review.schedule import morning_of
from refusals.errors import NotVisible

DAY = timedelta(days=1)


@dataclass(frozen=True)
class FollowUp(Step):
    """A step of a ladder that knows whom it reaches."""

    audience: str = ""


class OfReview(DeadlineKind[Postmortem]):
    """Something the facilitator owes; by default a day before, due, then whoever stands above."""

    due_words = ""
    late_words = ""

    def dues(self, deadlines: Sequence[Deadline]) -> dict[int, Due]:
        """What is to be done for each review. One query."""
        found = Postmortem.objects.filter(pk__in=[one.subject_id for one in deadlines])
        title = self.due_words[0].upper() + self.due_words[1:]
        return {
            review.pk: Due(
                title,
                f"{review.ref} · {review.incident.called}",
                url=review.get_absolute_url(),
            )
            for review in found.select_related("incident")
        }

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
        """The steps of the severity's policy, in the morning of a working day. One query.

        As offsets from the due time, so that a meeting due at 10:00 is spoken of with the rest.
        """
        person, due_at = subject.facilitator, deadline.due_at
        steps = []
        for name, days, audience in follow_up_ladder(self.name, subject.incident.highest_severity):
            at = due_at + days * DAY
            offset = morning_of(at, person) - due_at if person else at - due_at
            steps.append(FollowUp(offset, name, audience=audience))
        return steps

    def nudges(
        self, subject: Postmortem, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """None of its own: ``on_step`` notes it for the day's message."""
        return ()

    def on_step(self, subject: Postmortem, deadline: Deadline, step: Step, now: datetime) -> None:
        """Note it for the next daily message of whom the step is for."""
        for person in self.people(subject, step):
            note_for_morning(person, self.name, subject.pk, step.name, at=now)

    def people(self, subject: Postmortem, step: Step) -> list[User]:
        """Whom the step names; without a facilitator whoever stands above."""
        audience = step.audience if isinstance(step, FollowUp) else FollowUpAudience.OWES
        people: list[User] = []
        facilitator = subject.facilitator
        if facilitator and facilitator.is_responder and audience != FollowUpAudience.ABOVE:
            people = [facilitator]
        if audience == FollowUpAudience.BOTH or not people:
            people = [*people, *owners_above(subject.incident, subject.facilitator)]
        return people

    def about(self, subject: Postmortem, deadline: Deadline) -> Incident:
        """Its incident."""
        return subject.incident

    def is_still_wanted(self, subject: Postmortem, deadline: Deadline) -> bool:
        """While it is owed."""
        return self.is_owed(subject)

    def line(self, review: Postmortem, person: User, moment: datetime) -> str:
        """What the day's message says about it, with its due time on the person's wall."""
        due_at = self.due_at_of(review)
        if due_at is None:
            return f"{review.incident.ref}: {self.due_words}"
        words = self.late_words if due_at <= moment else self.due_words
        due = f"{due_at.astimezone(person.zone):%-d %b %H:%M %Z}"
        return f"{review.incident.ref}: {words}, due {due}"

    @abstractmethod
    def is_owed(self, review: Postmortem) -> bool:
        """Whether it is not done yet."""

    @abstractmethod
    def due_at_of(self, review: Postmortem) -> datetime | None:
        """When it is due."""


class Meeting(OfReview):
    """P50: the review meets within 72 hours."""

    name = Owed.MEETING.value
    words = "the review meeting"
    because = "you facilitate the review, or stand above it"
    due_words = "hold the review"
    late_words = "the review has not met"

    def is_owed(self, review: Postmortem) -> bool:
        """Once the incident ended, until it was held or the document is out."""
        return review.is_due and review.meeting_held_at is None and not review.is_published

    def due_at_of(self, review: Postmortem) -> datetime | None:
        """When it is held at the latest."""
        return review.due_at

    @classmethod
    def tell(cls, postmortem: Postmortem) -> None:
        """Who runs the review, once named: with their next message, never before office hours."""
        if postmortem.facilitator is not None:
            note_for_morning(postmortem.facilitator, FACILITATES, postmortem.pk, NAMED)


class Publication(OfReview):
    """P50: the document is published, and looked at again after a reopening."""

    name = Owed.PUBLICATION.value
    words = "the post-mortem, published"
    because = "you facilitate the review, or stand above it"
    due_words = "publish the post-mortem"
    late_words = "the post-mortem is not published"

    def is_owed(self, review: Postmortem) -> bool:
        """Once the incident ended, until everybody reads what holds."""
        return review.is_due and not review.is_settled

    def due_at_of(self, review: Postmortem) -> datetime | None:
        """When it is out at the latest."""
        return review.publish_due_at


class ListCheck(OfReview):
    """P58: a week after publication the whole list is looked at once."""

    name = Owed.LIST_CHECK.value
    words = "a look at the whole list of action items"
    because = "you facilitate the review, or stand above it"
    due_words = "look at the whole list: started, owned, still right?"
    late_words = "nobody has looked at the list of action items"

    def is_owed(self, review: Postmortem) -> bool:
        """Until each item was looked at."""
        return review.is_published and review.list_looked_at is None

    def due_at_of(self, review: Postmortem) -> datetime | None:
        """When it is looked at."""
        return review.list_due_at


KINDS: tuple[OfReview, ...] = (Meeting(), Publication(), ListCheck())


def _locked(deadline: Deadline) -> Incident | None:
    try:
        return lock_incident(deadline.incident_id or 0)
    except NotVisible:
        return None
