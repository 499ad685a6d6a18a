"""An escalation: who hears it at once, and who when nobody acknowledges it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from clock.written import written
from deadlines.kinds import Due, Nudge, Step
from deadlines.models import Deadline
from incidents.escalations.models import Escalation
from incidents.record.deadlines import OfPart, to_all
from incidents.record.models import OPEN_STATUSES, Incident, RosterRole
from incidents.record.timeline import record
from incidents.roster.queries import escalation_contacts, roster
from notifications.actions import tell
from notifications.models import Delivery
from people.models import User

CLIMBS_AFTER = timedelta(minutes=5)


class Unheard(OfPart[Escalation]):
    """P14: somebody asks for help; while nobody acknowledges it, it climbs."""

    name = "escalation"
    model = Escalation
    people = ("by",)
    words = "somebody to acknowledge an escalation"
    because = "you lead the incident, or stand above it"
    nudge_lives = timedelta(hours=1)

    def due_of(self, subject: Escalation) -> Due:
        """Who asks for help, and for what."""
        incident = subject.incident
        title = f"{subject.by.name} {subject.words}"
        return Due(title, incident.ref, "Acknowledge", incident.get_absolute_url())

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
        others = [one for one in dict.fromkeys(people) if one.pk != subject.speaker_id]
        return to_all(
            incident,
            others
            or [one for one in escalation_contacts(incident) if one.pk != subject.speaker_id],
            f"nobody has heard {subject.caller}",
            f"{subject.caller} {subject.words}\n\nSince {written(subject.at)} nobody "
            "acknowledged it. Do it on the board.",
        )

    def on_step(self, subject: Escalation, deadline: Deadline, step: Step, now: datetime) -> None:
        """The timeline keeps that nobody heard it in time."""
        if step.name == "due":
            record(
                subject.incident,
                "deadline_missed",
                by=None,
                text=f"Nobody acknowledged {subject.caller} for three minutes: {subject.text}",
                at=deadline.due_at,
                deadline=self.name,
            )

    @classmethod
    def tell(cls, escalation: Escalation, incident: Incident, hearing: Sequence[User]) -> None:
        """The first to hear it, at once."""
        by = escalation.by
        tell(
            incident,
            hearing,
            cls.name,
            f"{incident.ref}: {by.name} {escalation.words}",
            f"{by.name} {escalation.words}\n\nAcknowledge it on the board, so that "
            f"{by.get_short_name()} knows that somebody has it.",
            key=cls.source(escalation),
            source=cls.source(escalation),
            context={"escalation": escalation.pk},
        )

    @classmethod
    def source(cls, escalation: Escalation) -> str:
        """What the first messages name as the obligation behind them."""
        return f"{cls.name}:{escalation.pk}"

    def why_stale(self, delivery: Delivery) -> str | None:
        """A nudge like any; the first message once somebody has it or the incident has ended."""
        asked = delivery.context.get("escalation")
        if asked is None:
            return super().why_stale(delivery)
        waiting = Escalation.objects.waiting().filter(pk=asked, incident__status__in=OPEN_STATUSES)
        return None if waiting.exists() else "Somebody has it, or the incident has ended."
