"""The sheets of changes: before it runs, whoever approves, how it went; and the words after it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.http import HttpResponse

from clock.queries import now
from incidents.approvals.actions import ask_approval, who_is_asked
from incidents.approvals.rules import needs_approval
from incidents.board.actions import change_card, move_card, swap_cards
from incidents.cards.models import Card, Column, Risk
from incidents.changes.actions import write_change
from incidents.changes.models import Change, ChangeState
from incidents.changes.queries import change_on
from incidents.gates.facts import Facts, facts_of
from incidents.hypotheses.models import Hypothesis
from incidents.outcomes.actions import finish_change, start_change
from incidents.outcomes.leading import allow_second_change, give_go
from incidents.record.gate import Gate
from incidents.record.models import Incident
from incidents.roster.queries import people_on, roster
from pages.editor import Editor, attempt
from pages.numbers import asked_number
from people.models import User
from people.requests import PersonRequest
from refusals.errors import Refused
from warroom.answering import accepted, edit, on_incident
from warroom.change_forms import (
    GoForm,
    RanForm,
    SecondForm,
    SheetForm,
    sheet_values,
)
from warroom.finding import card_path, find_card
from warroom.sheets import focus, show, ways_out
from warroom.undoing import undo_swap

GO = Editor("Go", "Go", "The last change did not go as expected. Rolling back needs no go.")
SECOND = Editor("A second change", "Allow one more", "For one start, beside what runs.")
RAN = Editor(
    "It ran already", "Record it", "With its real times. It is marked as recorded afterwards."
)


@on_incident("GET", "POST")
def sheet(request: PersonRequest, incident: Incident, card_id: int) -> HttpResponse:
    """What a card needs before it runs: kept, asked for, or started."""
    card = find_card(incident, card_id)
    if request.method != "POST":
        return show_sheet(request, incident, card, sheet_of(request, incident, card))
    form = sheet_of(request, incident, card, request.POST)
    then = next((one for one in ("keep", "start") if one in request.POST), "")
    said: list[str] = []
    status = attempt(
        form, lambda _: said.append(carry_out(request, incident, card, form, then=then))
    )
    if not status:
        parked = asked_number("swap", request.POST.get("swap") or None)
        undo = undo_swap(incident, parked, card)
        return accepted(request, incident, said[0], undo=undo)
    return show_sheet(request, incident, find_card(incident, card_id), form, status=status)


def refused_start(
    request: PersonRequest, incident: Incident, card: Card, refusal: Refused
) -> HttpResponse:
    """The sheet, as far as it can be filled, with why it did not start."""
    known = sheet_of(request, incident, card).initial
    form = sheet_of(request, incident, card, {name: one or "" for name, one in known.items()})
    form.is_valid()
    form.refuse(refusal)
    return show_sheet(request, incident, card, form, status=refusal.status, is_new=True)


@transaction.atomic
def start(card: Card, *, by: User, swap: int | None = None, position: int | None = None) -> None:
    """Move a card to Now, or swap it in, and start its change: both or neither."""
    if swap is not None:
        swap_cards(swap, by=by, start=card.pk)
    elif card.column != Column.NOW:
        move_card(card.pk, by=by, to=Column.NOW, position=position, version=card.version)
    change = change_on(card)
    if change is not None and change.is_waiting:
        start_change(change.pk, by=by)


@transaction.atomic
def carry_out(
    request: PersonRequest, incident: Incident, card: Card, form: SheetForm, *, then: str
) -> str:
    """Write what the sheet says; then keep it, ask for its approval, or start: all or nothing."""
    by, values = request.user, form.cleaned_data
    version = values["card_version"]
    fields: dict[str, Any] = {"risk": values["risk"]}
    if card.column == Column.NOW and values["risk"] != card.risk:
        # Another risk takes it back to the gate (P35).
        version = move_card(card.pk, by=by, to=Column.NEXT, version=version).version
    elif card.column != Column.NOW:
        names = ("owner", "pair", "time_box_min", "expected_proof")
        fields |= {name: values[name] for name in names}
    card = change_card(card.pk, by=by, version=version, **fields)
    if card.risk != Risk.READ_ONLY:
        change = write_change(
            card.pk,
            by=by,
            version=values["version"],
            opened_at=form.began_at,
            **form.change_fields,
        )
        if then == "keep":
            return "Kept on the card."
        if not then and needs_approval(card, facts_of(incident)):
            if change.state == ChangeState.DRAFT:
                ask_approval(change.pk, by=by)
                return "Asked. Whoever may approve it hears it now."
            if change.state == ChangeState.ASKED:
                return "It waits for an approval."
    elif then == "keep":
        return "Kept on the card."
    start(card, by=by, swap=asked_number("swap", request.POST.get("swap") or None))
    return "Started."


def sheet_of(request: PersonRequest, incident: Incident, card: Card, data: Any = None) -> SheetForm:
    """The sheet of a card, filled with what is known."""
    every = list(Hypothesis.objects.filter(incident=incident).order_by("pk"))
    standing = [one for one in every if not one.is_ruled_out]
    people, facts = people_on(incident), facts_of(incident)
    known = sheet_values(
        card,
        change_on(card),
        hypotheses=standing,
        me=None if facts.leads(request.user.pk) and not facts.is_solo else request.user,
        free=_free(people, card, facts, request.user),
    )
    form = SheetForm(
        data,
        hypotheses=standing,
        numbers={one.pk: number for number, one in enumerate(every, start=1)},
        people=dict.fromkeys([*people, request.user]),
        initial={**known, "opened_at": now().isoformat()},
    )
    focus(form, first_empty(known))
    return form


def _free(people: Iterable[User], card: Card, facts: Facts, me: User) -> User | None:
    """Who can pair: at work, in no other card of Now, not leading, and not the owner."""
    owner = card.owner_id or me.pk
    return next(
        (
            one
            for one in people
            if one.pk in facts.people
            and one.pk != owner
            and not facts.leads(one.pk)
            and facts.busy_with(one.pk, beside=card) is None
        ),
        None,
    )


def first_empty(known: Mapping[str, Any]) -> str:
    """The field that asks first; nothing where one Enter is enough."""
    names = {"": ["risk"], "risky": ["expectation", "rollback"], "safe": ["expectation"]}
    drastic = ["hypothesis", "expectation", "danger", "rollback"]
    asked = [] if known["risk"] == Risk.READ_ONLY else names.get(known["risk"], drastic)
    return next((one for one in [*asked, "owner", "expected_proof"] if not known[one]), "")


def show_sheet(
    request: PersonRequest,
    incident: Incident,
    card: Card,
    form: SheetForm,
    *,
    status: int = 200,
    is_new: bool = False,
) -> HttpResponse:
    """The sheet beside the board. ``is_new`` puts it there whatever element had asked."""
    held, facts = roster(incident), facts_of(incident)
    change = change_on(card)
    probe = change or Change(incident=incident, card=card)
    probe.card = card
    asked = who_is_asked(probe, incident, held)
    refusal = form.refusal
    return show(
        request,
        incident,
        "_sheet.html",
        {
            "form": form,
            "card": card,
            "change": change,
            "asked": asked[0].get_short_name() if len(asked) == 1 else "",
            "needs": "risky destructive" if facts.is_two else "destructive",
            "enforces": Gate(incident).enforces,
            "ways": ways_out(incident, refusal.code, card.pk)
            if isinstance(refusal, Refused)
            else [],
            "unfilled": form.is_unfilled,
            "focus": "" if form.is_bound else first_empty(form.initial),
            "action": f"{card_path(incident, card.pk)}change/",
        },
        status=status,
        is_new=is_new,
    )


@on_incident("GET", "POST")
def ran(request: PersonRequest, incident: Incident, card_id: int) -> HttpResponse:
    """Record a change that ran already, with its real times."""
    card = find_card(incident, card_id)
    change = change_on(card)
    known = {
        "risk": card.risk if card.risk != Risk.READ_ONLY else "",
        "started_at": (change.started_at if change else None) or card.entered_now_at,
        "finished_at": now(),
        "expectation": change.expectation if change else card.expected_proof,
        "rollback": change.rollback if change else "",
    }
    form = RanForm(request.POST or None, zone=request.user.zone, initial=known)
    return edit(
        request,
        incident,
        form,
        lambda values: _record(card, values, by=request.user),
        RAN,
        said="Recorded.",
    )


@transaction.atomic
def _record(card: Card, values: dict[str, Any], *, by: User) -> None:
    """Write, start and finish it with its times: all or nothing."""
    if card.risk != values["risk"]:
        change_card(card.pk, by=by, version=card.version, risk=values["risk"])
    change = change_on(card)
    if change is None or change.is_waiting:
        change = write_change(
            card.pk, by=by, expectation=values["expectation"], rollback=values["rollback"]
        )
        start_change(change.pk, by=by, occurred_at=values["started_at"])
    finish_change(
        change.pk,
        by=by,
        outcome=values["outcome"],
        note=values["note"],
        no_data=True,
        occurred_at=values["finished_at"],
    )


@on_incident("GET", "POST")
def go(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The commander's go after a surprise."""
    form = GoForm(request.POST or None)
    return edit(
        request,
        incident,
        form,
        lambda values: give_go(incident, by=request.user, **values),
        GO,
        said="The next change may start.",
    )


@on_incident("GET", "POST")
def second_change(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The commander's word for one more change beside the one that runs."""
    form = SecondForm(request.POST or None)
    return edit(
        request,
        incident,
        form,
        lambda values: allow_second_change(incident, by=request.user, **values),
        SECOND,
        said="One more may start.",
    )
