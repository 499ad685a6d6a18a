"""The editors of cards."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render

from incidents.attachments.forms import files_field
from incidents.attachments.queries import files_in
from incidents.board.actions import add_card, change_card, extend_time_box, move_card, swap_cards
from incidents.board.versions import check_seen
from incidents.cards.models import Card, Column
from incidents.hypotheses.models import Hypothesis
from incidents.record.models import Incident
from incidents.roster.queries import people_on
from pages.editor import Editor, attempt
from pages.numbers import asked_number, whole
from people.requests import PersonRequest
from refusals.errors import Refused
from warroom.answering import accepted, edit, into_editor, on_incident, show_editor
from warroom.card_forms import CardForm, QuickCardForm, TimeBoxForm
from warroom.changes import refused_start, start
from warroom.finding import card_facts, card_path, find_card
from warroom.moving import AS_IT_IS, SHORT, refused_move, serves_value, short_move
from warroom.prefilled import likely_serves
from warroom.room import Room, room_of
from warroom.undoing import undo_move, undo_swap

EDIT = Editor("Card", "Save", beside=AS_IT_IS)


@on_incident("GET", "POST")
def cards(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Capture a card in one line; without something it serves it is parked."""
    if request.method != "POST":
        room = room_of(incident)
        return show_quick_card(request, incident, quick_card(room), room=room)
    form = QuickCardForm(request.POST, signals=incident.signals.standing())
    status = attempt(
        form,
        lambda values: add_card(
            incident, by=request.user, title=values["title"], serves=serves_value(values["serves"])
        ),
    )
    if not status:
        return accepted(request, incident, "Card added.")
    return show_quick_card(request, incident, form, status)


def quick_card(room: Room) -> QuickCardForm:
    """A new card, with what it most likely serves."""
    return QuickCardForm(signals=room.signal_rows, initial={"serves": likely_serves(room)})


def show_quick_card(
    request: PersonRequest,
    incident: Incident,
    form: QuickCardForm,
    status: int = 200,
    room: Room | None = None,
) -> HttpResponse:
    """The one line as a part, or as a page of its own.

    ``room`` is the war room as it was read for the form, if it was.
    """
    if not request.htmx:
        editor = Editor("A new card", "Add")
        return show_editor(request, incident, form, editor, status=status, action=request.path)
    facts = {
        "incident": incident,
        "quick_card": form,
        "quick_mark": (room or room_of(incident)).quick_mark,
    }
    template = "warroom/board/_quick_card.html"
    return render(request, template, facts, status=status, using="jinja2")


@on_incident("GET", "POST")
def card(request: PersonRequest, incident: Incident, card_id: int) -> HttpResponse:
    """One card: read it, change it, move it. A stale version shows both, the typed one kept."""
    found = find_card(incident, card_id)
    if (to := request.GET.get("to", "")) in SHORT and to != found.column:
        return short_move(request, incident, found, to)
    if request.method != "POST":
        form = card_form(request, incident, found, initial=CardForm.values_of(found))
        return show_editor(request, incident, form, EDIT, current=None, card=found)
    form = card_form(request, incident, found, request.POST)
    swap = request.POST.get("swap", "")
    status = attempt(form, lambda values: save(request, found, values, swap=swap))
    if status == 422:
        status = refuse_overtaken(form, found) or status
    if not status:
        undo = undo_swap(incident, asked_number("swap", swap or None), found)
        return accepted(request, incident, "Card saved.", undo=undo)
    return refused_card(request, incident, form, card_id, status)


def refuse_overtaken(form: CardForm, found: Card) -> int:
    """Say first that somebody changed the card meanwhile: that may be why a value is none now."""
    seen = whole(form.data.get("version"))
    try:
        check_seen(found, found.version if seen is None else seen)
    except Refused as refusal:
        form.refuse(refusal)
        return refusal.status
    return 0


@on_incident("POST")
def position(request: PersonRequest, incident: Incident, card_id: int) -> HttpResponse:
    """Move a card to a column and a place in it (``to``, ``position``, ``version``), or take it.

    ``take`` makes it one's own where it stands (P08).

    What enters Now starts its change, too. What the rule misses is asked for in the card's editor,
    with the move already chosen.
    """
    found = find_card(incident, card_id)
    given = request.POST.get("version") or request.GET.get("version")
    place = request.POST.get("position") or request.GET.get("position")
    to = request.POST.get("to", "")
    try:
        if "take" in request.POST:
            version = asked_number("version", given)
            change_card(found.pk, by=request.user, version=version, owner=request.user)
            return accepted(request, incident, f"“{found.title}” is yours.")
        with transaction.atomic():
            if (back := asked_number("back", request.GET.get("back"))) is not None:
                take_back(request, find_card(incident, back))
            moved = move_card(
                found.pk,
                by=request.user,
                to=to,
                position=asked_number("position", place),
                version=asked_number("version", given),
            )
            if to == Column.NOW != found.column:
                start(moved, by=request.user)
    except Refused as refusal:
        current = find_card(incident, card_id)
        if to == Column.NOW and refusal.code != "stale":
            return refused_start(request, incident, current, refusal)
        if to in SHORT and refusal.code != "stale":
            return refused_move(request, incident, current, to, refusal)
        form = card_form(request, incident, current, CardForm.values_of(current) | {"to": to})
        form.is_valid()
        form.refuse(refusal)
        return into_editor(
            request,
            incident,
            form,
            EDIT,
            status=refusal.status,
            current=None,
            card=current,
            action=card_path(incident, card_id),
        )
    said = f"Moved to {Column(to).label}."
    return accepted(request, incident, said, undo=undo_move(found, find_card(incident, card_id)))


def take_back(request: PersonRequest, card: Card) -> None:
    """Put the card that a swap started back to where it was, with the version it got there."""
    version = asked_number("back_version", request.GET.get("back_version"))
    move_card(card.pk, by=request.user, to=request.GET.get("back_to", ""), version=version)


@on_incident("GET", "POST")
def time_box(request: PersonRequest, incident: Incident, card_id: int) -> HttpResponse:
    """More minutes for a card in Now, with the reason."""
    found = find_card(incident, card_id)
    form = TimeBoxForm(request.POST or None)
    form.stand_on(**card_facts(found))
    editor = Editor("More time", "Extend", f"“{found.title}” needs longer than its time box.")
    return edit(
        request,
        incident,
        form,
        lambda values: extend_time_box(found.pk, by=request.user, **values),
        editor,
        said="Time box extended.",
    )


def card_form(
    request: PersonRequest, incident: Incident, found: Card, data: Any = None, **kwargs: Any
) -> CardForm:
    """The editor's form with this incident's signals and people, and those of the card."""
    return CardForm(
        data,
        card=found,
        signals=incident.signals.standing(),
        people=people_on(incident),
        zone=request.user.zone,
        hypotheses=Hypothesis.objects.filter(incident=incident).order_by("pk"),
        files=files_field(incident, request.user),
        **kwargs,
    )


@transaction.atomic
def save(request: PersonRequest, card: Card, values: dict[str, Any], *, swap: str) -> None:
    """Change the card's fields and, if asked, its column: both or neither.

    ``swap`` is the id of a card in Now that makes room for this one.
    """
    fields = {
        name: values[name]
        for name in (
            *("title", "owner", "pair", "time_box_min", "time_box_reason"),
            *("expected_proof", "risk", "by_when"),
        )
    }
    stands = files_in(card.files)
    ticked, proving = values["attachments"], []
    if values["to"] == Column.DONE != card.column:
        ids = {one.id for one in stands}
        # What is brought with the move to Done proves it.
        proving = [one for one in ticked if one not in ids]
        ticked = [one for one in ticked if one in ids]
    changed = change_card(
        card.pk,
        by=request.user,
        version=values["version"],
        attachments=[*(one.id for one in stands if one.is_withdrawn), *ticked],
        serves=serves_value(values["serves"]),
        tests=values["tests"].pk if values["tests"] else None,
        **fields,
    )
    if (parked := asked_number("swap", swap)) is not None:
        swap_cards(parked, by=request.user, start=card.pk)
    elif values["to"] != changed.column:
        move_card(
            card.pk,
            by=request.user,
            to=values["to"],
            proof=values["proof"],
            attachments=proving,
            version=changed.version,
            occurred_at=values["occurred_at"],
        )


def refused_card(
    request: PersonRequest, incident: Incident, form: CardForm, card_id: int, status: int
) -> HttpResponse:
    """The editor again. After ``stale``, with the card as it is now beside what was typed."""
    current = find_card(incident, card_id)
    if form.is_stale:
        typed = request.POST.copy()
        typed["version"] = str(current.version)
        form.data = typed
    return show_editor(
        request,
        incident,
        form,
        EDIT,
        status=status,
        current=current if form.is_stale else None,
        card=current,
        action=card_path(incident, card_id),
    )
