"""What follows when the triage window ends: identified, widen, or escalate (P34)."""

from django.db import transaction

from clock.queries import now
from incidents.escalations.actions import escalate
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, RosterRole, Severity, Status
from incidents.record.timeline import record
from incidents.roster.actions import assign_role
from incidents.roster.presence import enter
from incidents.triage.window import begin_triage
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid, Refused

IDENTIFIED, WIDEN, ESCALATE = "identified", "widen", "escalate"
CHOICES = (IDENTIFIED, WIDEN, ESCALATE)


@transaction.atomic
def choose_after_triage(
    incident: Incident,
    *,
    by: User,
    choice: str,
    severity: str = "",
    person: User | None = None,
    text: str = "",
) -> Incident:
    """Choose how it goes on, and answer the incident.

    ``identified`` moves it on. ``widen`` raises the ``severity``, brings in a ``person``, or both.
    ``escalate`` asks for help with ``text``. The two last begin the window anew. Refuses
    (``invalid_transition``) an incident that is not investigated, and (``Invalid``) a choice
    without what it needs; what only the commander may is theirs here too (``only_commander``).
    """
    text = read_line("text", text, 500)
    incident = enter(incident, by=by)
    if choice not in CHOICES:
        raise Invalid({"choice": f"One of {', '.join(CHOICES)}."})
    if incident.status != Status.INVESTIGATING:
        raise Refused("invalid_transition", "The cause is known already, or it is over.")
    match choice:
        case "identified":
            return change_status(incident, by=by, to=Status.IDENTIFIED, reason=text)
        case "widen":
            words = _widen(incident, by=by, severity=severity, person=person)
        case _:
            escalate(incident, by=by, text=text)
            words = "asked for help"
    incident = Incident.objects.get(pk=incident.pk)
    begin_triage(incident, since=now())
    record(
        incident,
        "triage_widened",
        by=by,
        text=f"looks wider: {words}",
        choice=choice,
        until=incident.triage_until.isoformat() if incident.triage_until else None,
    )
    return incident


def _widen(incident: Incident, *, by: User, severity: str, person: User | None) -> str:
    if not severity and person is None:
        raise Invalid({"severity": "Raise the severity, or name who else is needed."})
    said = []
    if severity:
        if severity not in Severity.values or severity >= incident.severity:
            raise Invalid({"severity": f"Worse than {incident.severity.upper()}, or leave it."})
        change_incident(incident, by=by, severity=severity)
        said.append(f"it is {severity.upper()} now")
    if person is not None:
        assign_role(incident, by=by, role=RosterRole.RESPONDER, person=person)
        said.append(f"{person.name} is here")
    return ", ".join(said)
