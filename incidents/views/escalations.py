"""Escalating, and hearing it (P14)."""

from django.http import HttpResponse

from incidents.actions.escalations import acknowledge_escalation, escalate
from incidents.forms.escalations import EscalateForm
from incidents.models import Incident
from incidents.views.answering import Editor, PersonRequest, accepted, edit, on_incident
from refusals.errors import NotVisible

ESCALATE = Editor(
    "Escalate",
    "Escalate",
    "Early is cheap. It reaches whoever leads at once and climbs until somebody has it.",
)


@on_incident("GET", "POST")
def escalations(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Ask for help, or say that something does not look right."""
    form = EscalateForm(request.POST or None)
    return edit(
        request,
        incident,
        form,
        lambda values: escalate(incident, by=request.user, **values),
        ESCALATE,
        said="Escalated. You see here when somebody has it.",
    )


@on_incident("POST")
def escalation(request: PersonRequest, incident: Incident, escalation_id: int) -> HttpResponse:
    """Say: I have it."""
    if not incident.escalations.filter(pk=escalation_id).exists():
        raise NotVisible
    acknowledge_escalation(escalation_id, by=request.user)
    return accepted(request, incident, "You have it.")
