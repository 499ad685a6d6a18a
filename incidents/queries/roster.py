"""Who is on an incident now, and in which role."""

from incidents.models import Incident, RoleAssignment, RosterRole
from people.models import User


def holder_of(incident: Incident, role: str) -> User | None:
    """Who holds a single seat now, or nobody. One query."""
    held = RoleAssignment.objects.filter(incident=incident, role=role, ended_at__isnull=True)
    assignment = held.select_related("person").first()
    return assignment.person if assignment else None


def commander_of(incident: Incident) -> User | None:
    """Who commands now, or nobody. One query."""
    return holder_of(incident, RosterRole.COMMANDER)


def is_solo(incident: Incident) -> bool:
    """Whether just one person is active on the roster, observers not counted. One query."""
    active = RoleAssignment.objects.filter(incident=incident, ended_at__isnull=True)
    people = active.exclude(role=RosterRole.OBSERVER).order_by()
    return people.values("person").distinct().count() == 1
