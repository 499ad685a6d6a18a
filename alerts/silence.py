"""Asks about an incident that nobody joined: for a commander, or whether it was false (P01)."""

from datetime import timedelta

from alerts.deadlines import AlertsOver, was_said
from clock.queries import now
from deadlines.actions import owe, release_deadline
from deadlines.models import Deadline
from incidents.record.models import Incident
from incidents.roster.deadlines import NoCommander
from incidents.roster.queries import beyond_the_roster, commander_of

COMMANDER_WITHIN = timedelta(minutes=2)


def ask_whether_false(incident: Incident) -> None:
    """All alerts are over and nobody is here: ask once, instead of asking for a commander."""
    release_deadline(NoCommander.name, incident, reason="Its alerts are over.")
    if not was_said(incident, AlertsOver.name):
        owner = next(iter(beyond_the_roster(incident)), None)
        owe(incident, AlertsOver.name, incident, now(), owner)


def ask_again(incident: Incident) -> None:
    """Something fires and nobody is here: nothing is over, and a commander is asked for."""
    release_deadline(AlertsOver.name, incident, reason="An alert fires again.")
    if commander_of(incident) is None and not _asks_for_commander(incident):
        owe(incident, NoCommander.name, incident, now() + COMMANDER_WITHIN)


def _asks_for_commander(incident: Incident) -> bool:
    asked = Deadline.objects.filter(kind=NoCommander.name, incident_id=incident.pk)
    return asked.open().exists() or was_said(incident, NoCommander.name)
