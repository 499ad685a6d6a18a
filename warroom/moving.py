"""The short sheets of a card's move: what the column asks for and is not said yet."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse, QueryDict

from incidents.attachments.forms import files_field
from incidents.board.actions import change_card, move_card
from incidents.cards.models import Card, Column, Risk
from incidents.endstate.models import Signal
from incidents.gates.rules import expected_proof_of
from incidents.record.models import Incident
from incidents.roster.queries import people_on
from pages.editor import Editor, attempt
from pages.fields import FilesField, WholeField
from pages.forms import EditForm, line
from pages.numbers import whole
from people.models import User
from people.requests import PersonRequest
from refusals.errors import Refused
from warroom.answering import accepted, into_editor, show_editor
from warroom.finding import card_path, find_card
from warroom.undoing import undo_move

AS_IT_IS = "warroom/board/_card_now.html"
END_STATE, NOTHING = "end_state", ""


def serves_choices(signals: Iterable[Signal]) -> list[tuple[str, str]]:
    """What a card may serve: a signal, the end state's sentence, or nothing yet."""
    return [
        *[(str(signal.pk), f"moves {signal.name}") for signal in signals],
        (END_STATE, "serves the end state (moves no signal)"),
        (NOTHING, "serves nothing yet"),
    ]


def serves_value(raw: str) -> str | int | None:
    """What the action takes for what the form offered."""
    number = whole(raw)
    return number if number is not None else (raw or None)


class MoveForm(EditForm):
    """A move with what it still needs. ``version`` is the card's as it was read."""

    places = {"proof_required": "proof", "card_serves_nothing": "serves"}
    version = WholeField(widget=forms.HiddenInput)

    def refuse(self, refusal: Refused) -> None:
        """The refusal, and the click that gets on: park it."""
        super().refuse(refusal)
        if refusal.code in ("proof_required", "card_serves_nothing", "card_not_ready"):
            self.way_out = ("park", "1", "Park it instead")
        if refusal.code == "stale":
            typed = QueryDict(mutable=True)
            typed.update(self.data)
            typed["version"] = str(refusal.facts["current"]["version"])
            self.data = typed


class FinishForm(MoveForm):
    """The proof; and whose it was and how risky, where the card was never started."""

    def __init__(
        self, *args: Any, card: Card, people: Iterable[User], files: FilesField, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        expected = card.expected_proof or expected_proof_of(card)
        self.fields["proof"] = line(
            "What do we see?",
            2000,
            help_text=f"Expected: {expected}."
            if expected
            else "A sentence, a number, a link or a picture.",
            placeholder=expected,
        )
        self.fields["attachments"] = files
        if card.column != Column.NOW and card.owner_id is None:
            ids = [person.pk for person in people]
            self.fields["owner"] = forms.ModelChoiceField(
                User.objects.filter(pk__in=ids), label="Who did it", empty_label=None
            )
        if card.column != Column.NOW and not card.risk:
            self.fields["risk"] = forms.ChoiceField(label="How risky it was", choices=Risk.choices)


class ServesForm(MoveForm):
    """What the card moves."""

    serves = forms.ChoiceField(label="What does it move?", required=False)

    def __init__(self, *args: Any, signals: Iterable[Signal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["serves"].choices = serves_choices(signals)[:-1]  # type: ignore[attr-defined]


SHORT = (Column.DONE, Column.NEXT)
"""The columns whose needs a short sheet asks for; what Now asks stands on the change's sheet."""


def short_move(request: PersonRequest, incident: Incident, card: Card, to: str) -> HttpResponse:
    """The sheet of one move: shown, or carried out."""
    form = _form(request, incident, card, to, request.POST or None)
    if request.method != "POST":
        return show_editor(request, incident, form, _editor(card, to), current=None)
    status = attempt(form, lambda values: _carry_out(request, card, values, to))
    if status:
        current = find_card(incident, card.pk) if form.is_stale else None
        return show_editor(
            request, incident, form, _editor(card, to), status=status, current=current
        )
    moved = find_card(incident, card.pk)
    undo = undo_move(card, moved) if moved.column == Column.PARKED else None
    return accepted(request, incident, f"Moved to {moved.get_column_display()}.", undo=undo)


def refused_move(
    request: PersonRequest, incident: Incident, card: Card, to: str, refusal: Refused
) -> HttpResponse:
    """The sheet of a move that was refused, with what it needs and nothing else."""
    form = _form(request, incident, card, to, {"version": card.version})
    form.is_valid()
    form.refuse(refusal)
    return into_editor(
        request,
        incident,
        form,
        _editor(card, to),
        status=refusal.status,
        current=None,
        action=f"{card_path(incident, card.pk)}?to={to}",
    )


def _editor(card: Card, to: str) -> Editor:
    if to == Column.DONE:
        return Editor("Finish", "Finish", card.title, beside=AS_IT_IS)
    return Editor("To Next", "Move it", card.title, beside=AS_IT_IS)


def _form(
    request: PersonRequest, incident: Incident, card: Card, to: str, data: Any
) -> FinishForm | ServesForm:
    known = {"version": card.version, "owner": request.user.pk}
    if to == Column.DONE:
        people = dict.fromkeys([*people_on(incident), request.user])
        files = files_field(incident, request.user, is_folded=True)
        return FinishForm(data, card=card, people=people, files=files, initial=known)
    return ServesForm(data, signals=incident.signals.standing(), initial=known)


@transaction.atomic
def _carry_out(request: PersonRequest, card: Card, values: dict[str, Any], to: str) -> None:
    """Say what was missing and move it, or park it: both or neither."""
    by, version = request.user, values["version"]
    if request.POST.get("park"):
        move_card(card.pk, by=by, to=Column.PARKED, version=version)
        return
    fields = {name: values[name] for name in ("owner", "risk") if values.get(name)}
    if "serves" in values:
        fields["serves"] = serves_value(values["serves"])
    if fields:
        version = change_card(card.pk, by=by, version=version, **fields).version
    move_card(
        card.pk,
        by=by,
        to=to,
        proof=values.get("proof", ""),
        attachments=values.get("attachments", ()),
        version=version,
    )
