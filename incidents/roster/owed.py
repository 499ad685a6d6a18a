"""Asking for a fix owner when the triage window ends (P06)."""

from datetime import datetime, timedelta

from deadlines.actions import owe, release_deadline
from incidents.record.models import Incident, RosterRole
from incidents.record.queries import policy_of
from incidents.roster.deadlines import FixOwnerMissing
from incidents.roster.queries import holder_of


def ask_for_fix_owner(incident: Incident, *, since: datetime) -> None:
    """Let the commander be asked for a fix owner when the triage window from ``since`` ends (P06).

    Without a window for this severity nobody is asked any more; a held seat changes nothing.
    """
    if not incident.makes_promises or holder_of(incident, RosterRole.FIX_OWNER) is not None:
        return
    policy = policy_of(incident.severity)
    if policy is None or not policy.triage_window_min:
        release_deadline(
            FixOwnerMissing.name, incident, reason="This severity has no triage window."
        )
        return
    due_at = since + timedelta(minutes=policy.triage_window_min)
    owe(incident, FixOwnerMissing.name, incident, due_at)
