"""What frames the incident: the miss, links, details, times, impact, end state, signals."""

from typing import Any

from django.http import HttpResponse

from incidents.actions.details import change_incident
from incidents.actions.end_state import agree_to_end_state, write_end_state
from incidents.actions.impact import add_impact, change_impact, remove_impact
from incidents.actions.signals import add_signal, change_signal, record_samples, remove_signal
from incidents.actions.times import correct_time
from incidents.forms.frame import (
    DetailsForm,
    EndStateForm,
    FrameForm,
    ImpactForm,
    LinksForm,
    SampleForm,
    SignalForm,
    TimeForm,
)
from incidents.models import Incident
from incidents.views.answering import Editor, PersonRequest, accepted, edit, on_incident
from refusals.errors import NotVisible

FIRST_END_STATE = "The service works, data is safe, and the risk of recurrence drops measurably."


@on_incident("GET", "POST")
def frame(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The miss, the blocker, what we control."""
    initial = {name: getattr(incident, name) for name in FrameForm.base_fields}
    initial["statement"] = initial["statement"] or incident.title
    form = FrameForm(request.POST or None, initial=initial)

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
    return edit(
        request,
        incident,
        form,
        lambda values: correct_time(incident, by=request.user, **values),
        Editor("Correct a time", "Correct", "The correction and its reason stand on the timeline."),
        said="Corrected.",
    )


@on_incident("GET", "POST")
def new_impact(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Say who is blocked."""
    form = ImpactForm(request.POST or None, zone=request.user.zone)
    return edit(
        request,
        incident,
        form,
        lambda values: add_impact(incident, by=request.user, **values),
        Editor("Who is blocked"),
        said="Impact recorded.",
    )


@on_incident("GET", "POST")
def impact(request: PersonRequest, incident: Incident, impact_id: int) -> HttpResponse:
    """Change or remove one impact."""
    found = incident.impacts.standing().filter(pk=impact_id).first()
    if found is None:
        raise NotVisible
    if request.POST.get("remove"):
        remove_impact(found.pk, by=request.user)
        return accepted(request, incident, "Removed.")
    initial = {name: getattr(found, name) for name in (*ImpactForm.base_fields, "at")}
    form = ImpactForm(request.POST or None, zone=request.user.zone, initial=initial)
    return edit(
        request,
        incident,
        form,
        lambda values: change_impact(found.pk, by=request.user, **values),
        Editor("Who is blocked", beside="incidents/warroom/_remove.html"),
        said="Impact changed.",
    )


@on_incident("GET", "POST")
def end_state(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Write or reword what good looks like."""
    form = EndStateForm(
        request.POST or None, initial={"text": incident.end_state or FIRST_END_STATE}
    )
    return edit(
        request,
        incident,
        form,
        lambda values: write_end_state(incident, by=request.user, **values),
        Editor(
            "End state",
            intro="It stands on the board, on the stakeholder page and in every update.",
        ),
        said="End state written.",
    )


@on_incident("POST")
def agreement(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Agree to the end state as it is worded now."""
    agree_to_end_state(incident, by=request.user)
    return accepted(request, incident, "You agreed.")


@on_incident("GET", "POST")
def new_signal(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Tie a metric to the end state."""
    form = SignalForm(request.POST or None)
    return edit(
        request,
        incident,
        form,
        lambda values: add_signal(incident, by=request.user, **values),
        Editor("A signal", "Add", "A number that proves the end state."),
        said="Signal added.",
    )


@on_incident("GET", "POST")
def signal(request: PersonRequest, incident: Incident, signal_id: int) -> HttpResponse:
    """Report a value by hand; with ``?edit=1`` change the signal, or remove it."""
    found = incident.signals.standing().filter(pk=signal_id).first()
    if found is None:
        raise NotVisible
    if request.POST.get("remove"):
        remove_signal(found.pk, by=request.user)
        return accepted(request, incident, "Removed.")
    if "edit" in request.GET:
        form = SignalForm(request.POST or None, initial=SignalForm.values_of(found))
        return edit(
            request,
            incident,
            form,
            lambda values: change_signal(found.pk, by=request.user, **values),
            Editor("Signal", beside="incidents/warroom/_remove.html"),
            said="Signal changed.",
        )
    sample = SampleForm(request.POST or None)
    return edit(
        request,
        incident,
        sample,
        lambda values: record_samples(
            found.pk, by=request.user, samples=[(values["value"], None)], by_hand=True
        ),
        Editor(
            str(found),
            "Report",
            "A value read by a person counts as any other.",
            beside="incidents/warroom/_signal_more.html",
        ),
        said="Sample recorded.",
    )
