"""The editors of what we think causes it, and of what speaks for it or against it (P16)."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpResponse

from incidents.attachments.forms import files_field
from incidents.cards.models import Card, Column
from incidents.endstate.models import Signal
from incidents.hypotheses.actions import add_evidence, add_hypothesis, take_hypothesis
from incidents.hypotheses.models import Hypothesis, HypothesisState
from incidents.record.models import Incident
from incidents.roster.queries import people_on
from pages.editor import Editor
from pages.fields import FilesField, LinkField
from pages.forms import EditForm, line, text
from people.models import User
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import accepted, edit, on_incident

STATES = {
    HypothesisState.OPEN: "says nothing yet",
    HypothesisState.SUPPORTED: "speaks for it",
    HypothesisState.RULED_OUT: "rules it out",
}


class HypothesisForm(EditForm):
    """One sentence, and who looks into it."""

    text = line(
        "What may cause it?", 300, autofocus=True, placeholder="One export exhausts the memory"
    )
    owner = forms.ModelChoiceField(User.objects.none(), label="Who looks into it", required=False)

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [person.pk for person in people]
        self.fields["owner"].queryset = User.objects.filter(pk__in=ids)  # type: ignore[attr-defined]


class EvidenceForm(EditForm):
    """What was seen: words, a link, a signal as it measures now, or a card's proof."""

    halves = ("signal", "card")
    state = forms.ChoiceField(
        label="What was seen", widget=forms.RadioSelect, choices=list(STATES.items())
    )
    text = text("In a line", 1000, rows=1, autofocus=True)
    signal = forms.ModelChoiceField(
        Signal.objects.none(),
        label="A signal, as it is now",
        required=False,
        empty_label="none",
    )
    card = forms.ModelChoiceField(
        Card.objects.none(), label="A card’s proof", required=False, empty_label="none"
    )
    url = LinkField(label="Link", required=False, max_length=500)

    def __init__(self, *args: Any, incident: Incident, files: FilesField, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attachments"] = files
        done = incident.cards.filter(column=Column.DONE).order_by("-done_at")
        self.fields["signal"].queryset = incident.signals.standing()  # type: ignore[attr-defined]
        self.fields["card"].queryset = done  # type: ignore[attr-defined]


@on_incident("GET", "POST")
def new_hypothesis(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Write down what may cause it."""
    people = dict.fromkeys([*people_on(incident), request.user])
    form = HypothesisForm(request.POST or None, people=people, initial={"owner": request.user.pk})
    return edit(
        request,
        incident,
        form,
        lambda values: add_hypothesis(incident, by=request.user, **values),
        Editor("Hypothesis", "Add", "A sentence that evidence can support or rule out."),
        said="Added.",
    )


@on_incident("GET", "POST")
def hypothesis(request: PersonRequest, incident: Incident, hypothesis_id: int) -> HttpResponse:
    """Put evidence beside a hypothesis; what rules it out lets approvals fall that rest on it."""
    found = Hypothesis.objects.filter(incident=incident, pk=hypothesis_id).first()
    if found is None:
        raise NotVisible
    form = EvidenceForm(
        request.POST or None,
        incident=incident,
        files=files_field(incident, request.user),
        initial={"state": found.state},
    )
    form.stand_on(The_hypothesis=found.get_state_display())

    def act(values: dict[str, Any]) -> None:
        """A card's proof stands as the words where none were typed."""
        card, signal = values["card"], values["signal"]
        add_evidence(
            found.pk,
            by=request.user,
            state=values["state"],
            text=values["text"] or (card.proof if card else ""),
            attachments=values["attachments"],
            url=values["url"],
            signal=signal.pk if signal else None,
            card=card.pk if card else None,
        )

    return edit(
        request,
        incident,
        form,
        act,
        Editor(found.text, "Keep as evidence", beside="warroom/hypotheses/_evidence.html"),
        said="Kept.",
        evidence=list(found.evidence.select_related("by").order_by("pk")),
    )


@on_incident("POST")
def owner(request: PersonRequest, incident: Incident, hypothesis_id: int) -> HttpResponse:
    """Look into what nobody does."""
    found = Hypothesis.objects.filter(incident=incident, pk=hypothesis_id).first()
    if found is None:
        raise NotVisible
    take_hypothesis(found.pk, by=request.user)
    return accepted(request, incident, "Yours to look into.")
