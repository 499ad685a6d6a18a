"""Paused work that nobody settled: who hears then."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse

from deadlines.kinds import Due, Nudge, Step
from deadlines.models import Deadline
from deadlines.office_hours import next_office_moment
from incidents.record.deadlines import OfPart, to_all
from incidents.roster.queries import beyond_the_roster
from incidents.sidework.models import PausedWork

A_DAY = timedelta(days=1)


class PausedWorkWaiting(OfPart[PausedWork]):
    """P07: the incident is over and nobody resumed or dropped what waited for it."""

    name = "paused_work"
    model = PausedWork
    people = ("owner",)
    words = "paused work to be resumed or dropped"
    because = "the work is yours, or stands below you"
    nudge_lives = timedelta(days=3)

    def due_of(self, subject: PausedWork) -> Due:
        """What was put down for the incident."""
        incident = subject.incident
        return Due(
            f"Resume or drop “{subject.title}”",
            f"{incident.ref} · put down for it",
            "Settle",
            reverse("warroom:paused-work", args=[incident.ref, subject.pk]),
        )

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
