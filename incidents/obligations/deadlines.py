"""An obligation that nobody settled: who hears when (P66)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse

from clock.written import written
from deadlines.kinds import Due, Nudge, Step
from deadlines.models import Deadline
from incidents.obligations.models import Obligation
from incidents.record.deadlines import OfPart, to_all
from incidents.record.models import RosterRole
from incidents.record.timeline import record
from incidents.roster.queries import escalation_contacts, who_hears

BEFORE = timedelta(hours=12)
LATE, ESCALATED = timedelta(hours=1), timedelta(hours=4)


class ObligationDue(OfPart[Obligation]):
    """P66: a legal or contractual clock; it runs at any hour, and on after the incident's end."""

    name = "obligation"
    model = Obligation
    people = ("owner",)
    words = "an obligation to be filed"
    because = "you owe the filing, lead the incident, or stand above it"
    nudge_lives = timedelta(days=3)

    def due_of(self, subject: Obligation) -> Due:
        """What is to be filed, and where to say that it is."""
        incident = subject.incident
        address = reverse("warroom:obligation", args=[incident.ref, subject.pk])
        return Due(f"File “{subject.name}”", incident.ref, "File", address)

    def ladder(self, subject: Obligation, deadline: Deadline) -> Sequence[Step]:
        """Half a day before (a third of the time, if shorter), due, one and four hours later."""
        before = min(BEFORE, (deadline.due_at - subject.aware_at) / 3)
        return (
            Step(-before, "before"),
            Step(timedelta(0), "due"),
            Step(LATE, "late"),
            Step(ESCALATED, "escalated"),
        )

    def is_still_wanted(self, subject: Obligation, deadline: Deadline) -> bool:
        """Until it is settled."""
        return subject.is_owed

    def put_off(
        self, subject: Obligation, nudges: Sequence[Nudge], now: datetime
    ) -> Sequence[Nudge]:
        """Never: the clock is no matter of office or quiet hours."""
        return nudges

    def nudges(
        self, subject: Obligation, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Its owner; whoever leads from the due time on; the escalation contacts at last."""
        incident = subject.incident
        people = [subject.owner] if subject.owner.is_active else []
        if step.name != "before" or not people:
            people += who_hears(incident, RosterRole.COMMANDER)
        if step.name == "escalated":
            people += escalation_contacts(incident)
        when = written(deadline.due_at)
        said = f"is due at {when}" if step.is_reminder else f"was due at {when}"
        return to_all(
            incident,
            dict.fromkeys(people),
            f"“{subject.name}” {'is due soon' if step.is_reminder else 'is overdue'}",
            f"“{subject.name}” {said}. File it and write down its reference, or say why it does "
            "not apply.",
        )

    def on_step(self, subject: Obligation, deadline: Deadline, step: Step, now: datetime) -> None:
        """The timeline keeps that it was not filed in time."""
        if step.name == "due":
            record(
                subject.incident,
                "deadline_missed",
                by=None,
                text=f"“{subject.name}” was not filed when it was due",
                at=deadline.due_at,
                deadline=self.name,
            )
