"""The editors of what runs over: a card that passes on, and the end of the triage window (P34)."""

from typing import Any

from django import forms
from django.http import HttpResponse

from incidents.board.passing import pass_card_on
from incidents.record.models import Incident, Severity
from incidents.triage.actions import choose_after_triage
from pages.editor import Editor
from pages.forms import EditForm, line
from people.models import User
from people.requests import PersonRequest
from refusals.errors import Invalid
from warroom.answering import edit, on_incident
from warroom.finding import card_facts, find_card


class PassingForm(EditForm):
    """Who takes a card in Now, and how it stands."""

    places = {"note_required": "note", "owner_busy": "owner", "commander_cannot_own_work": "owner"}
    owner = forms.ModelChoiceField(User.objects.none(), label="Who takes it", empty_label=None)
    note = line("How it stands", 500, autofocus=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.responders()  # type: ignore[attr-defined]


@on_incident("GET", "POST")
def passing(request: PersonRequest, incident: Incident, card_id: int) -> HttpResponse:
    """Give a card in Now to another owner, with a note."""
    found = find_card(incident, card_id)
    form = PassingForm(request.POST or None, initial={"owner": request.user.pk})
    form.stand_on(**card_facts(found))
    editor = Editor("Pass it on", "Pass on", f"“{found.title}” goes on under its time box.")
    return edit(
        request,
        incident,
        form,
        lambda values: pass_card_on(found.pk, by=request.user, **values),
        editor,
        said="Passed on. Whoever takes it is told.",
    )


class TriageForm(EditForm):
    """Identified, widen, or escalate; a choice asks only what it needs."""

    places = {"only_commander": "severity"}
    whens = {"severity": "widen", "person": "widen", "text": "identified escalate"}
    to = forms.ChoiceField(
        label="How does it go on?",
        choices=[
            ("identified", "The cause is known"),
            ("widen", "Widen: more people, or worse than we thought"),
            ("escalate", "Escalate: we need help"),
        ],
        widget=forms.RadioSelect,
    )
    severity = forms.ChoiceField(
        label="Raise it to", required=False, choices=[("", "as it is"), *Severity.choices]
    )
    person = forms.ModelChoiceField(
        User.objects.none(), label="Bring in", required=False, empty_label="nobody yet"
    )
    text = line("In a line", 500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = User.objects.responders()  # type: ignore[attr-defined]

    def mark(self, invalid: Invalid) -> None:
        """A choice is called ``to`` here."""
        errors = {"to" if name == "choice" else name: said for name, said in invalid.errors.items()}
        super().mark(Invalid(errors))


TRIAGE = Editor(
    "The triage window has ended",
    "Go on",
    "Still looking is fine, but not alone and not in silence. Widening and escalating begin the "
    "window anew.",
)


@on_incident("GET", "POST")
def triage(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Choose how the investigation goes on."""
    initial = {"to": request.GET.get("to", "identified")}
    form = TriageForm(request.POST or None, initial=initial)
    form.stand_on(Status=incident.get_status_display(), Severity=incident.get_severity_display())

    def act(values: dict[str, Any]) -> None:
        choose_after_triage(incident, by=request.user, choice=values.pop("to"), **values)

    return edit(request, incident, form, act, TRIAGE, said="Chosen.")
