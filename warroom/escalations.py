"""The editor that escalates, and the button that hears it."""

from django import forms
from django.http import HttpResponse

from incidents.escalations.actions import acknowledge_escalation, escalate
from incidents.escalations.models import Concern
from incidents.record.models import Incident
from pages.editor import Editor
from pages.forms import EditForm, line
from pages.numbers import asked_number
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import accepted, edit, on_incident


class EscalateForm(EditForm):
    """One click and one line."""

    concern = forms.ChoiceField(
        label="I say", choices=Concern, widget=forms.RadioSelect, initial=Concern.STUCK
    )
    text = line("In one line", 500, autofocus=True, placeholder="The replica does not catch up")


ESCALATE = Editor(
    "Escalate",
    "Escalate",
    "Early is cheap. It reaches whoever leads at once and climbs until somebody has it.",
)


@on_incident("GET", "POST")
def escalations(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Ask for help, or say that something does not look right; of a ``card`` that runs over."""
    number = asked_number("card", request.GET.get("card"))
    card = None if number is None else incident.cards.filter(pk=number).first()
    words = f"“{card.title}” runs over its time box"[:500] if card is not None else ""
    form = EscalateForm(request.POST or None, initial={"text": words})
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
