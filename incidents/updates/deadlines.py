"""A question that waits: who hears of it when it is due, and in which words (P47)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse

from deadlines.kinds import Due, Nudge, Step
from deadlines.models import Deadline
from incidents.record.deadlines import OfPart, on_watch, to_all
from incidents.record.models import Incident, RosterRole
from incidents.record.zones import is_quiet
from incidents.roster.queries import who_hears
from incidents.updates.models import Question
from notifications.actions import tell
from notifications.models import Delivery
from people.models import User


class QuestionWaiting(OfPart[Question]):
    """P47: a stakeholder's question, to be answered by the next promised update."""

    name = "question"
    model = Question
    people = ("by",)
    words = "an answer to a question"
    because = "you speak for the incident"

    def due_of(self, subject: Question) -> Due:
        """The question itself, and who asks."""
        address = reverse("warroom:question", args=[subject.incident.ref, subject.pk])
        return Due(
            f"“{subject.text}”, asked by {subject.by.name}", subject.incident.ref, "Answer", address
        )

    def ladder(self, subject: Question, deadline: Deadline) -> Sequence[Step]:
        """One step: when it is due."""
        return (Step(timedelta(0), "due"),)

    def is_still_wanted(self, subject: Question, deadline: Deadline) -> bool:
        """Until it is answered or declined."""
        return subject.answered_at is None and subject.declined_at is None

    def nudges(
        self, subject: Question, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Communications, never the people digging; in quiet hours whoever is on watch."""
        people = who_hears(subject.incident, RosterRole.COMMUNICATIONS)
        if is_quiet(subject.incident, now):
            watching = on_watch(subject.incident)
            people = [watching] if watching is not None else people
        return to_all(
            subject.incident,
            people,
            "a question waits",
            f"“{subject.text}” was to be answered by now. Answer or decline it.",
        )

    @classmethod
    def tell(cls, question: Question, incident: Incident, hearing: Sequence[User]) -> None:
        """Communications, the moment it is asked."""
        tell(
            incident,
            hearing,
            cls.name,
            f"{incident.ref}: a question from {question.by.name}",
            question.text,
            key=f"{cls.name}:{question.pk}",
            context={"question": question.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """A nudge like any; the first message once the question was settled."""
        asked = delivery.context.get("question")
        if asked is None:
            return super().why_stale(delivery)
        waiting = Question.objects.waiting().filter(pk=asked)
        return None if waiting.exists() else "The question was settled."
