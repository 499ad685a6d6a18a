"""The triage window ends and the cause is not known: whoever leads chooses how it goes on (P34)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from deadlines.kinds import Nudge, Step
from deadlines.models import Deadline
from incidents.record.deadlines import OfIncident, to_all
from incidents.record.models import Incident, RosterRole, Status
from incidents.record.timeline import record
from incidents.roster.queries import who_hears


class TriageEnds(OfIncident):
    """P34: the triage window ends and the cause is not known."""

    name = "triage"
    words = "a choice at the end of the triage window"
    because = "you lead the incident"
    nudge_lives = timedelta(hours=1)

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """While it is investigated and this window is the one that runs."""
        return (
            subject.is_open
            and subject.status == Status.INVESTIGATING
            and subject.triage_until == deadline.due_at
        )

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The commander, or whoever hears for them."""
        return to_all(
            subject,
            who_hears(subject, RosterRole.COMMANDER),
            "how does it go on?",
            "The triage window has ended. On the board, choose: the cause is known, widen (invite "
            "somebody, raise the severity), or escalate.",
        )

    def on_step(self, subject: Incident, deadline: Deadline, step: Step, now: datetime) -> None:
        """The timeline keeps that the window ended."""
        record(
            subject,
            "triage_ended",
            by=None,
            text="The triage window ended and the cause is not known",
            at=deadline.due_at,
        )
