"""Stopping and resuming the line, and what is agreed to stop for (P38)."""

from django.http import HttpResponse

from incidents.actions.line import (
    add_stop_criterion,
    remove_stop_criterion,
    resume_line,
    stop_line,
)
from incidents.forms.line import CriterionForm, ResumeForm, StopForm
from incidents.models import Incident
from incidents.views.answering import Editor, PersonRequest, accepted, edit, on_incident
from refusals.errors import NotVisible

STOP = Editor(
    "Stop the line",
    "■ Stop the line",
    "Anyone may. Nothing enters Now until the commander resumes; who only looks goes on looking.",
    danger=True,
)
RESUME = Editor("Resume the line", "Resume", "The commander’s or the deputy’s to decide.")
AGREE = Editor(
    "Stop the line when", "Agree", "Agreed now, nobody has to find the courage for it later."
)


@on_incident("GET", "POST")
def stop(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Stop the line, with what was seen."""
    form = StopForm(request.POST or None)
    return edit(
        request,
        incident,
        form,
        lambda values: stop_line(incident, by=request.user, **values),
        STOP,
        said="The line is stopped.",
    )


@on_incident("GET", "POST")
def resume(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Let work go on, with why it is safe."""
    form = ResumeForm(request.POST or None)
    return edit(
        request,
        incident,
        form,
        lambda values: resume_line(incident, by=request.user, **values),
        RESUME,
        said="The line goes on.",
    )


@on_incident("GET", "POST")
def new_criterion(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Agree on what makes everybody stop."""
    form = CriterionForm(request.POST or None, signals=incident.signals.standing())
    return edit(
        request,
        incident,
        form,
        lambda values: add_stop_criterion(incident, by=request.user, **values),
        AGREE,
        said="Agreed.",
    )


@on_incident("GET", "POST")
def criterion(request: PersonRequest, incident: Incident, criterion_id: int) -> HttpResponse:
    """Stop for what was agreed, now that it happened; or take it back."""
    found = incident.stop_criteria.standing().filter(pk=criterion_id).first()
    if found is None:
        raise NotVisible
    if request.POST.get("remove"):
        remove_stop_criterion(found.pk, by=request.user)
        return accepted(request, incident, "Removed.")
    form = StopForm(request.POST or None, initial={"reason": found.text})
    editor = Editor(
        "Stop the line",
        STOP.submit,
        "It was agreed to stop for this.",
        beside="incidents/warroom/_remove.html",
        danger=True,
    )
    return edit(
        request,
        incident,
        form,
        lambda values: stop_line(incident, by=request.user, **values),
        editor,
        said="The line is stopped.",
    )
