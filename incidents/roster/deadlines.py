"""Seats that wait: no commander, no fix owner, command not accepted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from deadlines.kinds import Due, Nudge, Step
from deadlines.models import Deadline
from incidents.record.deadlines import OfIncident, to_all
from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.roster.arriving import bundle_of
from incidents.roster.queries import beyond_the_roster, commander_of, holder_of, who_hears


class NoCommander(OfIncident):
    """P01: an alert opened it and nobody commands yet."""

    name = "no_commander"
    words = "somebody in command"
    because = "the service is yours, or you are an administrator"

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """Until somebody commands."""
        return subject.is_open and commander_of(subject) is None

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The service's owner, else the admins; of a storm in one message a person and minute."""
        nudges = to_all(
            subject,
            beyond_the_roster(subject),
            "nobody commands",
            "Nobody commands for two minutes now. Take it, or name somebody.",
        )
        if not (bundle := bundle_of(subject)):
            return nudges
        together = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        return [replace(one, leaves_at=together, digest=bundle) for one in nudges]


class FixOwnerMissing(OfIncident):
    """P06: the triage window ends and nobody owns the fix."""

    name = "fix_owner"
    words = "a fix owner"
    because = "you lead the incident"
    nudge_lives = timedelta(hours=2)

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """Until somebody owns the fix."""
        return subject.is_open and holder_of(subject, RosterRole.FIX_OWNER) is None

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The commander."""
        return to_all(
            subject,
            who_hears(subject, RosterRole.COMMANDER),
            "who owns the fix?",
            "The triage window has ended and nobody owns the fix. Name exactly one person.",
        )

    def on_step(self, subject: Incident, deadline: Deadline, step: Step, now: datetime) -> None:
        """The timeline keeps that the window ended without an owner."""
        record(
            subject,
            "deadline_missed",
            by=None,
            text="The triage window ended without a fix owner",
            at=deadline.due_at,
            deadline=self.name,
        )


class CommandAcceptance(OfIncident):
    """P11: command was offered and nobody has answered for two minutes."""

    name = "command_acceptance"
    words = "command to be accepted"
    because = "the offer is yours to answer, or came from you"
    nudge_lives = timedelta(minutes=30)

    def due_of(self, subject: Incident) -> Due:
        """Whose answer is awaited, by its incident."""
        note = subject.called
        url = subject.get_absolute_url()
        return Due(f"Command of {subject.ref} waits for a yes", note, "Answer", url)

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """Until the offer was answered or withdrawn."""
        offers = RoleAssignment.objects.offered().filter(incident=subject)
        return subject.is_open and offers.filter(role=RosterRole.COMMANDER).exists()

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Whom it was offered to, and whoever offered it."""
        offered = RoleAssignment.objects.filter(pk=deadline.context.get("assignment"))
        offer = offered.select_related("person", "assigned_by").first()
        if offer is None:
            return []
        return to_all(
            subject,
            [one for one in (offer.person, offer.assigned_by) if one is not None],
            "command is not accepted",
            f"Command was offered to {offer.person.name} two minutes ago and is not answered. "
            "Accept it, decline it, or offer it to somebody else.",
        )

    def on_step(self, subject: Incident, deadline: Deadline, step: Step, now: datetime) -> None:
        """The timeline keeps that the offer was not answered."""
        record(
            subject,
            "deadline_missed",
            by=None,
            text="The offer of command was not answered for two minutes",
            at=deadline.due_at,
            deadline=self.name,
        )
