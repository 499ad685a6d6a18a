"""Who sits where, for the tests of the roster."""

from incidents.record.models import Incident


def seats(incident: Incident) -> list[tuple[str, str]]:
    """Who holds what now."""
    held = incident.roles.active().order_by("role", "person__name")
    return [(one.role, one.person.get_short_name()) for one in held.select_related("person")]
