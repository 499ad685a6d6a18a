"""Action items that fall due and wait to be verified: who hears at which step (P58)."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from deadlines.actions import keep_deadline, move_deadline
from deadlines.climbing import LATE
from deadlines.kinds import DeadlineKind, Due, Nudge, Step
from deadlines.models import Deadline
from deadlines.office_hours import next_office_moment
from notifications.models import Delivery
from people.models import User
from postmortems.items.daily_message import Line, lines_of, words_of, write_message
from postmortems.items.models import ActionItem, ItemState
from postmortems.review.daily_notes import GATHER, MORNING, NAMED, note_for_morning
from postmortems.review.deadlines import DAY, FollowUp, _locked
from postmortems.review.ladders import follow_up_ladder
from postmortems.review.models import FollowUpAudience, Owed
from postmortems.review.queries import owners_above
from postmortems.review.schedule import morning_of


class OfItem(DeadlineKind[ActionItem]):
    """Something about one action item, told with everything else of that person and day."""

    def dues(self, deadlines: Sequence[Deadline]) -> dict[int, Due]:
        """Each item in its own words. One query."""
        found = ActionItem.objects.filter(pk__in=[one.subject_id for one in deadlines])
        found = found.select_related("postmortem__incident", "done_by")
        return {item.pk: self.due_of(item) for item in found}

    @abstractmethod
    def due_of(self, item: ActionItem) -> Due:
        """What the start page says of one."""

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
        """Note the item for the next daily message of whom the step is for."""
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

    name = Owed.ITEM.value
    words = "an action item"
    because = "the action item is yours, or stands below you"

    def due_of(self, item: ActionItem) -> Due:
        """Its title, its priority, and how often it was moved."""
        times = {0: "", 1: " · moved once"}.get(
            item.moved_count, f" · moved {item.moved_count} times"
        )
        note = f"{item.priority.upper()} · {item.ref}{times}"
        return Due(item.title, note, "Finish or move", item.get_absolute_url())

    def is_still_wanted(self, subject: ActionItem, deadline: Deadline) -> bool:
        """While it is open."""
        return subject.state == ItemState.OPEN

    def who_owes(self, subject: ActionItem, deadline: Deadline) -> User | None:
        """The owner; once they left or may not act any more, the facilitator."""
        return subject.owner if subject.owner.is_responder else subject.postmortem.facilitator

    @classmethod
    def tell(cls, item: ActionItem, *, by: User | None) -> None:
        """Its owner, once named and with their next message, unless they named themselves."""
        if item.owner != by:
            note_for_morning(item.owner, cls.name, item.pk, NAMED)


class Verification(OfItem):
    """P58: a week after done, somebody other than the owner looks."""

    name = Owed.VERIFICATION.value
    words = "an action item to verify"
    because = "it is yours to verify"

    def due_of(self, item: ActionItem) -> Due:
        """Its title, and who did it, so that somebody else looks."""
        by = f" · done by {item.done_by.name}" if item.done_by else ""
        note = f"{item.priority.upper()} · {item.ref}{by}"
        return Due(f"Verify “{item.title}”", note, "Verify", item.get_absolute_url())

    def is_still_wanted(self, subject: ActionItem, deadline: Deadline) -> bool:
        """While it waits."""
        return subject.state == ItemState.DONE

    def who_owes(self, subject: ActionItem, deadline: Deadline) -> User | None:
        """The verifier."""
        return deadline.owner


class Morning(DeadlineKind[User]):
    """P58: what a person is told of the day, as one message in their office hours."""

    name = MORNING
    words = "the message of the day about your reviews and action items, one a person and day"
    because = "reviews or action items wait for you today"

    def lock(self, deadline: Deadline) -> User | None:
        """The person, while their account is active; no incident is touched."""
        found: User | None = User.objects.active().filter(pk=deadline.subject_id).first()
        return found

    def ladder(self, subject: User, deadline: Deadline) -> Sequence[Step]:
        """One step."""
        return (Step(timedelta(0), "daily"),)

    def nudges(
        self, subject: User, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """None of its own: ``on_step`` writes the day's message, or nothing."""
        return ()

    def on_step(self, subject: User, deadline: Deadline, step: Step, now: datetime) -> None:
        """Write the message; what is noted from now on goes into the next one.

        Outside office hours it waits for them. Where enforcement was away, everything of its time
        falls due now: then it waits once more, for all of it.
        """
        opens_at = next_office_moment(subject, now)
        is_late = now - deadline.due_at > LATE and not deadline.context.get("waited")
        if opens_at > now or is_late:
            waiting = Deadline.objects.filter(pk=deadline.pk)
            waiting.update(context={**deadline.context, "waited": True})
            move_deadline(MORNING, subject, due_at=opens_at + GATHER)
            return
        notes = [(kind, pk, of) for kind, pk, of in deadline.context.get("notes", [])]
        write_message(subject, notes, now)
        keep_deadline(MORNING, subject, at=now, reason="It was said.")

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once nothing of it is open and theirs to see. Two queries."""
        if delivery.person is None or _left_of(delivery):
            return None
        return "Nothing of it is open any more."

    def take_out(self, delivery: Delivery, seen: Collection[int]) -> bool:
        """The lines about what they do not see any more, and what is settled. Two queries."""
        left = _left_of(delivery)
        if left:
            delivery.subject_line, delivery.text = words_of(left)
        return bool(left)


KINDS = (ItemDue(), Verification(), Morning())


def _left_of(delivery: Delivery) -> list[Line]:
    """What of a day's message still stands, for whom it is addressed to."""
    assert delivery.person is not None
    notes = [(kind, pk, step) for kind, pk, step in delivery.context.get("notes", [])]
    return lines_of(delivery.person, notes, delivery.created_at)
