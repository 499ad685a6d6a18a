"""Deadlines of what people wait for: an answer, somebody who heard them, work to go on with."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from django.db.models import Model

from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from deadlines.office_hours import next_office_moment
from incidents.actions.escalations import ESCALATION
from incidents.actions.paused import PAUSED
from incidents.deadlines import escalation_contacts, to_all, why_not_to
from incidents.locking import lock_incident
from incidents.models import Escalation, PausedWork, Question, RosterRole
from incidents.queries.roster import beyond_the_roster, roster, who_hears
from incidents.timeline import record
from people.models import User
from refusals.errors import NotVisible

Part = TypeVar("Part", bound=Model)

CLIMBS_AFTER = timedelta(minutes=5)
A_DAY = timedelta(days=1)


class OfPart(DeadlineKind[Part]):
    """A deadline about one part of an incident, such as a question."""

    model: ClassVar[type[Model]]
    people: ClassVar[tuple[str, ...]]
    """The part's fields that name people, loaded with it."""

    def lock(self, deadline: Deadline) -> Part | None:
        """The part, its incident locked."""
        try:
            incident = lock_incident(deadline.incident_id or 0)
        except NotVisible:
            return None
        parts = self.model._default_manager.select_related(*self.people)
        found: Any = parts.filter(incident=incident, pk=deadline.subject_id).first()
        if found is not None:
            found.incident = incident
        return found  # type: ignore[no-any-return]

    def still_matters(self, deadline: Deadline, person: User | None) -> str | None:
        """Only to people who may still see the incident."""
        return why_not_to(deadline.incident_id or 0, person)


class QuestionWaiting(OfPart[Question]):
    """P47: a stakeholder's question, to be answered by the next promised update."""

    name = "question"
    model = Question
    people = ("by",)
    words = "an answer to a question"

    def ladder(self, subject: Question, deadline: Deadline) -> Sequence[Step]:
        """One step: when it is due."""
        return (Step(timedelta(0), "due"),)

    def is_still_wanted(self, subject: Question, deadline: Deadline) -> bool:
        """Until it is answered or declined."""
        return subject.answered_at is None and subject.declined_at is None

    def nudges(
        self, subject: Question, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Communications, never the people digging."""
        return to_all(
            subject.incident,
            who_hears(subject.incident, RosterRole.COMMUNICATIONS),
            "a question waits",
            f"“{subject.text}” was to be answered by now. Answer or decline it.",
        )


class Unheard(OfPart[Escalation]):
    """P14: nobody acknowledged an escalation; it climbs."""

    name = ESCALATION
    model = Escalation
    people = ("by",)
    words = "somebody to acknowledge an escalation"
    nudge_lives = timedelta(hours=1)

    def ladder(self, subject: Escalation, deadline: Deadline) -> Sequence[Step]:
        """When it is due, and five minutes later."""
        return (Step(timedelta(0), "due"), Step(CLIMBS_AFTER, "escalated"))

    def is_still_wanted(self, subject: Escalation, deadline: Deadline) -> bool:
        """Until somebody heard it, or the incident ended."""
        return subject.acknowledged_at is None and subject.incident.is_open

    def nudges(
        self, subject: Escalation, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Everybody who leads, then the escalation contacts; never who asked."""
        incident = subject.incident
        if step.name == "due":
            leading = (RosterRole.COMMANDER, RosterRole.DEPUTY, RosterRole.FIX_OWNER)
            people = [one.person for one in roster(incident) if one.role in leading]
        else:
            people = escalation_contacts(incident)
        others = [one for one in dict.fromkeys(people) if one != subject.by]
        return to_all(
            incident,
            others or [one for one in escalation_contacts(incident) if one != subject.by],
            f"nobody has heard {subject.by.name}",
            f"{subject.by.name} {subject.words}\n\nSince {subject.at:%H:%M} UTC nobody "
            "acknowledged it. Do it on the board.",
        )

    def on_step(self, subject: Escalation, deadline: Deadline, step: Step, now: datetime) -> None:
        """The timeline keeps that nobody heard it in time."""
        if step.name == "due":
            record(
                subject.incident,
                "deadline_missed",
                by=None,
                text=f"Nobody acknowledged {subject.by.name} for three minutes: {subject.text}",
                at=deadline.due_at,
                deadline=self.name,
            )


class PausedWorkWaiting(OfPart[PausedWork]):
    """P07: the incident is over and nobody resumed or dropped what waited for it."""

    name = PAUSED
    model = PausedWork
    people = ("owner",)
    words = "paused work to be resumed or dropped"
    nudge_lives = timedelta(days=3)

    def ladder(self, subject: PausedWork, deadline: Deadline) -> Sequence[Step]:
        """When it is due, and a day later, in the owner's office hours."""
        later = next_office_moment(subject.owner, deadline.due_at + A_DAY)
        return (Step(timedelta(0), "due"), Step(A_DAY, "late", later))

    def is_still_wanted(self, subject: PausedWork, deadline: Deadline) -> bool:
        """Until it is settled."""
        return subject.settled_at is None

    def nudges(
        self, subject: PausedWork, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The owner; a day later the services' owners too, else the administrators."""
        incident = subject.incident
        people = [subject.owner] if subject.owner.is_active else []
        if step.name == "late" or not people:
            people += beyond_the_roster(incident)
        return to_all(
            incident,
            dict.fromkeys(people),
            f"“{subject.title}” still waits",
            f"{incident.ref} is over. Resume “{subject.title}”, or drop it and say why: "
            "the incident closes only then.",
        )


KINDS = (QuestionWaiting(), Unheard(), PausedWorkWaiting())
