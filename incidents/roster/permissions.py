"""Who may do what on an incident, beyond seeing it. Seeing is ``Incident.objects.visible_to``."""

from incidents.record.models import Incident
from incidents.roster.queries import commander_of
from people.models import User
from refusals.errors import Refused


def check_commands(incident: Incident, by: User, to_do: str) -> None:
    """Refuse (``only_commander``) anybody but the commander; without one, anybody may."""
    commander = commander_of(incident)
    if commander is not None and commander != by:
        raise Refused(
            "only_commander",
            f"{commander.name} commands and is the one to {to_do}. Ask for it, or take command.",
        )
