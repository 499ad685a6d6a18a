"""Ends every deadline that only an open incident owes."""

from deadlines.actions import release_deadline
from incidents.cadence.deadlines import UpdatePromise
from incidents.lifecycle.deadlines import TriageEnds, WarRoomLink
from incidents.record.models import Incident
from incidents.roster.deadlines import CommandAcceptance, FixOwnerMissing, NoCommander

OWED_WHILE_OPEN = (
    *(UpdatePromise, WarRoomLink, NoCommander, FixOwnerMissing, CommandAcceptance),
    TriageEnds,
)


def end_promises(incident: Incident, *, reason: str) -> None:
    """Release everything that only an open incident owes; twice is once.

    The next update stands empty afterwards.
    """
    for kind in OWED_WHILE_OPEN:
        release_deadline(kind.name, incident, reason=reason)
    incident.next_update_at = None
    incident.promised_since = incident.triage_until = None
    incident.save(update_fields=["next_update_at", "promised_since", "triage_until"])
