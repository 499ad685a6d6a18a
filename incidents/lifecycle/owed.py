"""What an incident owes from its declaration, and ending all that it owes."""

from deadlines.actions import release_deadline
from incidents.record.models import Incident
from incidents.roster.owed import COMMAND_ACCEPTANCE, FIX_OWNER, NO_COMMANDER
from incidents.updates.deadlines import UpdatePromise

WAR_ROOM_LINK = "war_room_link"


def end_promises(incident: Incident, *, reason: str) -> None:
    """Release everything that only an open incident owes; twice is once.

    The next update stands empty afterwards.
    """
    for kind in (UpdatePromise.name, WAR_ROOM_LINK, NO_COMMANDER, FIX_OWNER, COMMAND_ACCEPTANCE):
        release_deadline(kind, incident, reason=reason)
    incident.next_update_at = None
    incident.promised_since = None
    incident.save(update_fields=["next_update_at", "promised_since"])
