"""Who is invited and not here yet, and whom a service names."""

from django.db.models.expressions import RawSQL

from incidents.record.models import Incident, Kind, RoleAssignment, Service
from people.models import User

NEEDED = """
WITH RECURSIVE reached (id) AS (
  SELECT %s::bigint
  UNION
  SELECT edge.to_service_id
  FROM incidents_service_depends_on AS edge JOIN reached ON edge.from_service_id = reached.id)
SELECT id FROM reached
"""


def invited_to(incident: Incident) -> list[RoleAssignment]:
    """Who is invited and not here yet, each with who it is, the first first. One query."""
    waiting = RoleAssignment.objects.invited().filter(incident=incident)
    return list(waiting.select_related("person").order_by("started_at", "id"))


def people_of(service: Service, incident: Incident) -> list[User]:
    """Whom a service and what it depends on name, owner and people, without those who left.

    Stakeholders only for a public incident: to a private one they are invited by name, and a drill
    reaches none. Two queries.
    """
    services = _needed_for(service)
    named = User.objects.active().filter(services__in=services).order_by("name", "id")
    owners = [one.owner for one in services if one.owner is not None]
    found = list(dict.fromkeys([*owners, *named]))
    guests_too = not incident.private and incident.kind != Kind.DRILL
    return [one for one in found if one.is_active and (one.is_responder or guests_too)]


def _needed_for(service: Service) -> list[Service]:
    """The service, and after it everything it depends on, directly or not, by name. One query."""
    needed = Service.objects.filter(pk__in=RawSQL(NEEDED, (service.pk,)))  # noqa: S611 - no text of anybody's
    found = needed.select_related("owner").order_by("name")
    return sorted(found, key=lambda one: one != service)
