"""Who is invited and not here yet, and whom a service names."""

from incidents.record.models import Incident, Kind, RoleAssignment, Service
from people.models import User


def invited_to(incident: Incident) -> list[RoleAssignment]:
    """Who is invited and not here yet, each with who it is, the first first. One query."""
    waiting = RoleAssignment.objects.invited().filter(incident=incident)
    return list(waiting.select_related("person").order_by("started_at", "id"))


def people_of(service: Service, incident: Incident) -> list[User]:
    """Whom a service names: its owner and its people, those who left not among them. Two queries.

    Stakeholders only for a public incident: to a private one they are invited by name, and a drill
    reaches none.
    """
    named = User.objects.active().filter(services=service).order_by("name", "id")
    found = list(dict.fromkeys([*([service.owner] if service.owner else []), *named]))
    guests_too = not incident.private and incident.kind != Kind.DRILL
    return [one for one in found if one.is_active and (one.is_responder or guests_too)]
