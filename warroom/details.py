"""The editors of what is said about an incident, its links, details and times."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse

from clock.written import written
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.times import correct_time
from incidents.record.models import TIME_NAMES, Incident, Severity
from pages.editor import Editor
from pages.fields import LinkField, MomentField
from pages.forms import EditForm, line, text
from people.requests import PersonRequest
from warroom.answering import edit, on_incident

TIME_LABELS = {
    "impact_started_at": "Impact began",
    "detected_at": "Detected",
    "declared_at": "Declared",
    "acknowledged_at": "Acknowledged",
    "mitigated_at": "Mitigated",
    "resolved_at": "Resolved",
    "closed_at": "Closed",
}


class MissForm(EditForm):
    """The miss in plain words and what we can and cannot change."""

    remembers = True
    statement = text(
        "The miss, in plain words",
        500,
        autofocus=True,
        help_text="What happened, for somebody outside engineering.",
    )
    blocker = line("Now stuck at", 300, help_text="One sentence people understand.")
    in_our_control = text("In our control", 2000)
    beyond_our_control = text("Beyond our control", 2000)


LINKS = "A web address, or a link of a chat or call tool such as slack:// or msteams:."


class LinksForm(EditForm):
    """Where people talk."""

    remembers = True
    chat_url = LinkField(label="Chat", required=False, max_length=500, help_text=LINKS)
    call_url = LinkField(label="Call", required=False, max_length=500, help_text=LINKS)


class DetailsForm(EditForm):
    """Title, severity, privacy, cause."""

    remembers = True
    places = {"only_commander": "severity"}
    title = line("Title", 200, required=True)
    severity = forms.ChoiceField(
        label="Severity",
        choices=Severity,
        help_text="Only the commander changes it. It moves the promised update.",
    )
    private = forms.BooleanField(
        label="Private: only its roster and administrators know of it", required=False
    )
    money_shared = forms.BooleanField(label="Share links may show what it costs", required=False)
    caused_by_change = forms.NullBooleanField(
        label="Caused by a change",
        required=False,
        widget=forms.Select(choices=[("unknown", "not known"), ("true", "yes"), ("false", "no")]),
    )


class TimeForm(EditForm):
    """A corrected time and why."""

    places = {"reason_required": "reason"}
    name = forms.ChoiceField(
        label="Which time", choices=[(name, TIME_LABELS[name]) for name in TIME_NAMES]
    )
    reason = line("Why it is corrected", 500, required=True)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"] = MomentField(zone=zone, label="It was", required=True)
        self.order_fields(["name", "at", "reason"])

    def rests_on(self, name: str) -> bool:
        """The one that is corrected."""
        return name == TIME_LABELS[self.cleaned_data["name"]]


@on_incident("GET", "POST")
def miss(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The miss, the blocker, what we control."""
    initial = {name: getattr(incident, name) for name in MissForm.base_fields}
    initial["statement"] = initial["statement"] or incident.title
    form = MissForm(request.POST or None, initial=initial)

    def act(values: dict[str, Any]) -> None:
        """Leave alone what nobody touched; somebody else may have changed it meanwhile."""
        fields = changed(form, values)
        if incident.statement_confirmed_at is None:
            fields["statement"] = values["statement"]
        change_incident(incident, by=request.user, **fields)

    return edit(
        request,
        incident,
        form,
        act,
        Editor("The miss", intro="Stakeholders read these words."),
        said="Saved.",
    )


@on_incident("GET", "POST")
def links(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Chat and call."""
    initial = {"chat_url": incident.chat_url, "call_url": incident.call_url}
    form = LinksForm(request.POST or None, initial=initial)
    return edit(
        request,
        incident,
        form,
        lambda values: change_incident(incident, by=request.user, **changed(form, values)),
        Editor("Where we talk"),
        said="Linked.",
    )


@on_incident("GET", "POST")
def details(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Title, severity, privacy, cause."""
    initial = {name: getattr(incident, name) for name in DetailsForm.base_fields}
    form = DetailsForm(request.POST or None, initial=initial)
    return edit(
        request,
        incident,
        form,
        lambda values: change_incident(incident, by=request.user, **changed(form, values)),
        Editor("Title, severity, privacy"),
        said="Saved.",
    )


def changed(form: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Only what was changed, so that a field nobody touched asks for no permission."""
    return {name: values[name] for name in form.changed_data}


@on_incident("GET", "POST")
def times(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Correct one of the incident's times, with a reason."""
    form = TimeForm(request.POST or None, zone=request.user.zone)
    form.stand_on(
        **{
            label: written(at) if (at := getattr(incident, name)) else "not known"
            for name, label in TIME_LABELS.items()
        }
    )
    return edit(
        request,
        incident,
        form,
        lambda values: correct_time(incident, by=request.user, **values),
        Editor("Correct a time", "Correct", "The correction and its reason stand on the timeline."),
        said="Corrected.",
    )
