"""The editors of the end state and its signals."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from incidents.endstate.actions import agree_to_end_state, write_end_state
from incidents.endstate.models import Comparator, Signal
from incidents.endstate.signals import add_signal, change_signal, record_samples, remove_signal
from incidents.endstate.sources import Tried, try_query
from incidents.record.models import Incident
from pages.editor import Editor
from pages.fields import LengthField, NumberField
from pages.forms import EditForm, line, text
from people.requests import PersonRequest
from refusals.errors import Invalid
from warroom.answering import accepted, edit, on_incident
from warroom.finding import standing_or_left


class EndStateForm(EditForm):
    """The sentence that says what good looks like."""

    remembers = True
    text = text(
        "What good looks like, in one sentence",
        500,
        required=True,
        autofocus=True,
        help_text="Rewording it asks everybody to agree again.",
    )


class SignalForm(EditForm):
    """A metric tied to the end state."""

    remembers = True
    halves = ("comparator", "target", "hold_s", "stale_after_s")
    name = line("Name", 120, required=True, autofocus=True, placeholder="API error rate")
    unit = line("Unit", 30, placeholder="%")
    comparator = forms.ChoiceField(label="Good is", choices=Comparator, initial="<=")
    target = NumberField(label="Target")
    hold_s = LengthField(label="Held for", min_value=0, max_value=86400, initial=300)
    stale_after_s = LengthField(label="Stale after", min_value=1, max_value=86400, initial=300)
    required = forms.BooleanField(label="Resolving needs it", required=False, initial=True)
    query = line(
        "Prometheus query, if it measures this",
        2000,
        help_text="It answers one number: sum(rate(errors_total[5m])). Asked every 15 s.",
        spellcheck="false",
    )

    @staticmethod
    def values_of(signal: Signal) -> dict[str, Any]:
        """The fields as the signal stands."""
        return {name: getattr(signal, name) for name in SignalForm.base_fields}


def signal_form(request: PersonRequest, incident: Incident, **initial: Any) -> SignalForm:
    """The form of a signal, whose query is tried while it is typed."""
    form = SignalForm(request.POST or None, **initial)
    form.fields["query"].widget.attrs |= {
        "hx-post": reverse("warroom:try-query", args=[incident.ref]),
        "hx-trigger": "input changed delay:600ms",
        "hx-target": "#tried",
        "hx-swap": "outerHTML",
        "hx-status:4xx": "swap:none",
        "hx-status:5xx": "swap:none",
    }
    return form


class SampleForm(EditForm):
    """A value read by a person."""

    value = NumberField(
        label="Value now",
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "autofocus": True, "autocomplete": "off"}
        ),
    )


TRIED = "warroom/endstate/_tried.html"
FIRST_END_STATE = "The service works, data is safe, and the risk of recurrence drops measurably."


@on_incident("GET", "POST")
def end_state(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Write or reword what good looks like."""
    form = EndStateForm(
        request.POST or None, initial={"text": incident.end_state or FIRST_END_STATE}
    )

    def act(values: dict[str, Any]) -> None:
        """What nobody touched stays as it stands by now."""
        is_theirs = incident.end_state and not form.changed_data
        text = incident.end_state if is_theirs else values["text"]
        write_end_state(incident, by=request.user, text=text)

    return edit(
        request,
        incident,
        form,
        act,
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
    form = signal_form(request, incident)
    return edit(
        request,
        incident,
        form,
        lambda values: add_signal(incident, by=request.user, **values),
        Editor("A signal", "Add", "A number that proves the end state.", below=TRIED),
        said="Signal added.",
    )


@on_incident("POST")
def try_signal_query(request: PersonRequest, incident: Incident) -> HttpResponse:
    """What the query that somebody is typing answers, or that it is being asked. Nobody waits."""
    query = request.POST.get("query", "")
    facts: dict[str, Any] = {"incident": incident, "tried": None, "asking": False}
    if query.strip():
        try:
            facts["tried"] = try_query(query)
        except Invalid as invalid:
            facts["tried"] = Tried(None, None, invalid.errors["query"])
        facts["asking"] = facts["tried"] is None
    return render(request, TRIED, facts, using="jinja2")


@on_incident("GET", "POST")
def signal(request: PersonRequest, incident: Incident, signal_id: int) -> HttpResponse:
    """Report a value by hand; with ``?edit=1`` change the signal, or remove it."""
    found, removed = standing_or_left(request, incident.signals, signal_id)
    if request.POST.get("remove"):
        remove_signal(found.pk, by=request.user)
        return accepted(request, incident, "Removed.")
    if "edit" in request.GET:
        form = signal_form(request, incident, initial=SignalForm.values_of(found))
        form.settled = removed
        return edit(
            request,
            incident,
            form,
            lambda values: change_signal(found.pk, by=request.user, **values),
            Editor("Signal", beside="warroom/shared/_remove.html", below=TRIED),
            said="Signal changed.",
        )
    sample = SampleForm(request.POST or None)
    sample.settled = removed
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
            beside="warroom/endstate/_signal_more.html",
        ),
        said="Sample recorded.",
    )
