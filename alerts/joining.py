"""Begins what an incident owes when the first person joins it (P01)."""

from alerts.deadlines import AlertsOver
from clock.queries import now
from deadlines.actions import release_deadline
from incidents.lifecycle.declaring import begin_promises
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.command import offer_command
from incidents.roster.queries import commander_of


def attend(incident: Incident, joined: RoleAssignment) -> None:
    """Begin the promises with the first who joined, and offer them command where nobody leads."""
    if incident.makes_promises:
        begin_promises(incident, since=now())
    if commander_of(incident) is None and joined.person.is_responder:
        offer_command(
            incident,
            by=None,
            to=joined.person,
            note="An alert opened it. Take it, or say who does.",
        )


def stop_asking(incident: Incident, joined: RoleAssignment) -> None:
    """Somebody is here and sees for themselves whether it was a false alarm."""
    release_deadline(AlertsOver.name, incident, reason="Somebody joined.")
