"""The meeting, the publication and the week's look at the list: who hears at which step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from deadlines.office_hours import next_office_moment
from incidents.record.locking import lock_incident
from incidents.record.models import Incident
from notifications.actions import tell
from people.models import User
from postmortems.review.ladders import follow_up_ladder
from postmortems.review.models import FollowUpAudience, Owed, Postmortem
from postmortems.review.queries import owners_above
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

    def about(self, subject: Postmortem, deadline: Deadline) -> Incident:
        """Its incident."""
        return subject.incident


class Meeting(OfReview):
    """P50: the review meets within 72 hours."""

    name = Owed.MEETING.value
    words = "the review meeting"
    due_words = "hold the review"
    late_words = "the review has not met"

    def is_still_wanted(self, subject: Postmortem, deadline: Deadline) -> bool:
        """Until it was held, or the document is out."""
        return subject.meeting_held_at is None and not subject.is_published

    @classmethod
    def tell(cls, postmortem: Postmortem, incident: Incident) -> None:
        """The facilitator, once named."""
        person = postmortem.facilitator
        if person is None:
            return
        when = ""
        if postmortem.meeting_at is not None:
            at = postmortem.meeting_at.astimezone(person.zone)
            when = f" It is proposed for {at:%-d %b %H:%M}."
        tell(
            incident,
            [person],
            cls.name,
            f"{incident.ref}: you facilitate the review",
            f"You facilitate the review of {incident.ref}, {incident.title}.{when} Agree on the "
            "facts first; the timeline is drafted from the record.",
            key=f"review:{postmortem.pk}/facilitator",
            step="named",
            url=postmortem.get_absolute_url(),
        )


class Publication(OfReview):
    """P50: the document is published five working days after the meeting."""

    name = Owed.PUBLICATION.value
    words = "the post-mortem, published"
    due_words = "publish the post-mortem"
    late_words = "the post-mortem is not published"

    def is_still_wanted(self, subject: Postmortem, deadline: Deadline) -> bool:
        """Until it is published."""
        return not subject.is_published


class ListCheck(OfReview):
    """P58: a week after publication the whole list is looked at once."""

    name = Owed.LIST_CHECK.value
    words = "a look at the whole list of action items"
    due_words = "look at the whole list: started, owned, still right?"
    late_words = "nobody has looked at the list of action items"

    def is_still_wanted(self, subject: Postmortem, deadline: Deadline) -> bool:
        """Until somebody looked."""
        return subject.list_looked_at is None


KINDS = (Meeting(), Publication(), ListCheck())


def _locked(deadline: Deadline) -> Incident | None:
    try:
        return lock_incident(deadline.incident_id or 0)
    except NotVisible:
        return None
