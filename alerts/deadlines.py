"""The question what to do about alerts that are over and that nobody joined (P01)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.models import Alert
from deadlines.kinds import Nudge, Step
from deadlines.models import Deadline
from incidents.record.deadlines import OfIncident, to_all
from incidents.record.models import Incident
from incidents.record.queries import policy_of
from incidents.record.zones import is_night, morning_after, sleeps, zone_of
from incidents.roster.queries import beyond_the_roster
from notifications.models import Delivery, State


class AlertsOver(OfIncident):
    """P01: all its alerts are over and nobody joined: a false alarm, or somebody looks."""

    name = "alerts_over"
    words = "a word on alerts that are over by themselves"
    because = "the service is yours, or you are an administrator"

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """While nobody joined and nothing fires."""
        firing = Alert.objects.firing().filter(incident=subject)
        return subject.is_open and subject.unattended and not firing.exists()

    def ladder(self, subject: Incident, deadline: Deadline) -> Sequence[Step]:
        """One step, at once; of a severity that lets people sleep not at night. Three queries."""
        zone = zone_of(subject)
        asleep = sleeps(policy_of(subject.severity)) and is_night(deadline.due_at, zone)
        waits = morning_after(deadline.due_at, zone) if asleep else None
        return (Step(timedelta(0), "due", not_before=waits),)

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The service's owner, else the admins; once an incident, however often it flaps."""
        if was_said(subject, self.name):
            return []
        return to_all(
            subject,
            beyond_the_roster(subject),
            "a false alarm, or look?",
            "All its alerts are over and nobody joined. Cancel it as a false "
            "alarm, or join and look.",
        )


def was_said(incident: Incident, kind: str) -> bool:
    """Whether somebody was sent a message of that kind already. One query."""
    said = Delivery.objects.filter(incident_id=incident.pk, kind=kind)
    return said.filter(state__in=[State.SENT, State.SENDING]).exists()
