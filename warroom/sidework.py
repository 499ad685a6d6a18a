"""The editors that pause side work and settle it."""

from typing import Any

from django import forms
from django.http import HttpResponse

from incidents.record.models import Incident
from incidents.roster.queries import people_on
from incidents.sidework.actions import pause_several, settle_paused_work
from incidents.sidework.models import Outcome
from pages.editor import Editor
from pages.forms import EditForm, line, text
from people.models import User
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import edit, on_incident


class PauseForm(EditForm):
    """What, whose, why, and when it may go on; several pieces at once, a line each."""

    halves = ("owner", "url")
    title = text(
        "What is put down, a line each",
        10_000,
        autofocus=True,
        placeholder="The search re-index",
    )
    owner = forms.ModelChoiceField(User.objects.none(), label="Whose", empty_label=None)
    url = line("Link", 500, placeholder="https://")
    why = line("Why it waits", 500, placeholder="It loads the same database")
    everything_of = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label="And everything else of",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    resume_when = line("It may go on when", 300, placeholder="the incident is resolved")

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.active()  # type: ignore[attr-defined]
        people = User.objects.filter(pk__in=[one.pk for one in people_on(incident)])
        self.fields["everything_of"].queryset = people  # type: ignore[attr-defined]


class SettleForm(EditForm):
    """Resumed or dropped."""

    places = {"reason_required": "note"}
    outcome = forms.ChoiceField(
        label="It is", choices=Outcome, widget=forms.RadioSelect, initial=Outcome.RESUMED
    )
    note = line("Note", 500, help_text="Dropping says why.")


PAUSE = Editor(
    "Pause side work",
    "Pause",
    "Its owner is told. Before the incident closes each piece is resumed or dropped.",
)


@on_incident("GET", "POST")
def new_paused_work(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Write down what waits."""
    form = PauseForm(request.POST or None, incident=incident, initial={"owner": request.user.pk})

    def act(values: dict[str, Any]) -> None:
        titles = values.pop("title").splitlines()
        pause_several(incident, by=request.user, titles=titles, **values)

    return edit(
        request,
        incident,
        form,
        act,
        PAUSE,
        said="Paused. Who owns it knows.",
    )


@on_incident("GET", "POST")
def paused_work(request: PersonRequest, incident: Incident, work_id: int) -> HttpResponse:
    """Resume or drop one piece."""
    rows = incident.paused_work.select_related("owner", "settled_by")
    found = rows.filter(pk=work_id).first()
    if found is None:
        raise NotVisible
    form = SettleForm(request.POST or None)
    if found.settled_at is not None:
        who = found.settled_by.name if found.settled_by else "The end of the incident"
        form.settled = (
            f"{who} settled it: {found.get_outcome_display().lower()}. {found.note}".strip()
        )
    return edit(
        request,
        incident,
        form,
        lambda values: settle_paused_work(found.pk, by=request.user, **values),
        Editor(f"Paused: {found.title}", "Settle", f"{found.owner.name}: {found.why}"),
        said="Settled.",
    )
