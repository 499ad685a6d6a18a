"""The editors that stop and resume the line, and of what is agreed to stop for."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpResponse

from incidents.endstate.models import Comparator, Signal
from incidents.line.actions import add_stop_criterion, remove_stop_criterion, resume_line, stop_line
from incidents.record.models import Incident
from pages.editor import Editor
from pages.fields import NumberField
from pages.forms import EditForm, line
from people.requests import PersonRequest
from warroom.answering import accepted, edit, on_incident
from warroom.finding import standing_or_left


class StopForm(EditForm):
    """One line: what somebody saw."""

    places = {"reason_required": "reason"}
    reason = line("What did you see?", 500, autofocus=True, placeholder="A second region fails")


class ResumeForm(EditForm):
    """One line: why it is safe."""

    places = {"reason_required": "reason"}
    reason = line("Why is it safe to go on?", 500, autofocus=True)


class CriterionForm(EditForm):
    """What makes everybody stop: words, or a signal beyond a threshold."""

    halves = ("comparator", "threshold")
    text = line("Stop when", 300, autofocus=True, placeholder="A second region shows errors")
    signal = forms.TypedChoiceField(
        label="Watched by",
        coerce=int,
        required=False,
        empty_value=None,
        help_text="With a signal it stops by itself, once each time the value crosses.",
    )
    comparator = forms.ChoiceField(
        label="Its value is", choices=[("", "–"), *Comparator.choices], required=False
    )
    threshold = NumberField(label="Threshold", required=False)

    def __init__(self, *args: Any, signals: Iterable[Signal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["signal"].choices = [  # type: ignore[attr-defined]
            ("", "people only"),
            *[(str(signal.pk), signal.name) for signal in signals],
        ]


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
    found, removed = standing_or_left(request, incident.stop_criteria, criterion_id)
    if request.POST.get("remove"):
        remove_stop_criterion(found.pk, by=request.user)
        return accepted(request, incident, "Removed.")
    form = StopForm(request.POST or None, initial={"reason": found.text})
    form.settled = removed
    editor = Editor(
        "Stop the line",
        STOP.submit,
        "It was agreed to stop for this.",
        beside="warroom/shared/_remove.html",
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
