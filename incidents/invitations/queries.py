"""Who is invited and not here yet, and whom a service names."""

from incidents.record.catalogue import needed_for
from incidents.record.models import Incident, Kind, RoleAssignment, Service
from people.models import User


def invited_to(incident: Incident) -> list[RoleAssignment]:
    """Who is invited and not here yet, each with who it is, the first first. One query."""
    waiting = RoleAssignment.objects.invited().filter(incident=incident)
    return list(waiting.select_related("person").order_by("started_at", "id"))


def people_of(service: Service, incident: Incident) -> list[User]:
    """Whom a service and what it depends on name, owner and people, without those who left.

    Stakeholders only for a public incident: to a private one they are invited by name, and a drill
    reaches none. Two queries, and one for each step of dependence.
    """
    services = needed_for(service)
    named = User.objects.active().filter(services__in=services).order_by("name", "id")
    owners = [one.owner for one in services if one.owner is not None]
    found = list(dict.fromkeys([*owners, *named]))
    guests_too = not incident.private and incident.kind != Kind.DRILL
    return [one for one in found if one.is_active and (one.is_responder or guests_too)]
