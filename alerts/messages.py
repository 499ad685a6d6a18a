"""What people hear of alerts: that one fires on an incident that was resolved."""

from incidents.record.models import Incident, RosterRole, Status
from incidents.roster.queries import beyond_the_roster
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery


class ReopeningOffered(MessageKind):
    """Section 3: an alert fires again on a resolved incident."""

    name = "reopening_offered"
    words = "an alert on an incident that was resolved"
    because = "you led the incident, or the service is yours"

    @classmethod
    def tell(cls, incident: Incident, what: str) -> None:
        """Whoever led it to its end, else the service's owner; once for each resolution."""
        led = incident.roles.filter(
            role=RosterRole.COMMANDER, ended_by_end=True, person__is_active=True
        )
        last = led.select_related("person").order_by("-ended_at", "-pk").first()
        people = [last.person] if last is not None else beyond_the_roster(incident)
        tell(
            incident,
            people,
            cls.name,
            f"{incident.ref}: it fires again. Reopen it?",
            f"{what}: it fires again after {incident.ref}, {incident.title}, was resolved. Reopen "
            "it, or leave it and declare what is new.",
            key=f"{cls.name}:{incident.pk}:{incident.resolved_at}",
            context={"incident": incident.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once it was reopened, or closed. One query."""
        resolved = Incident.objects.filter(pk=delivery.incident_id or 0, status=Status.RESOLVED)
        return None if resolved.exists() else "It is not only resolved any more."


MESSAGES = (ReopeningOffered(),)
