"""The board: capturing cards, the card editor, moves, time boxes."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render

from incidents.actions.board import (
    add_card,
    change_card,
    extend_time_box,
    move_card,
    swap_cards,
)
from incidents.forms.cards import CardForm, QuickCardForm, TimeBoxForm
from incidents.models import Card, Column, Incident
from incidents.queries.warroom import people_on
from incidents.views.answering import (
    Editor,
    PersonRequest,
    accepted,
    attempt,
    edit,
    into_editor,
    on_incident,
    show_editor,
)
from refusals.errors import NotVisible, Refused

EDIT = Editor("Card", "Save", beside="incidents/warroom/_card_now.html")


def serves_value(raw: str) -> str | int | None:
    """What the action takes for what the form offered."""
    return int(raw) if raw.isdigit() else (raw or None)


@on_incident("POST")
def cards(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Capture a card in one line; without something it serves it is parked."""
    form = QuickCardForm(request.POST, signals=incident.signals.standing())
    status = attempt(
        form,
        lambda values: add_card(
            incident, by=request.user, title=values["title"], serves=serves_value(values["serves"])
        ),
    )
    if not status:
        return accepted(request, incident, "Card added.")
    facts = {"incident": incident, "quick_card": form}
    if request.htmx:
        template = "incidents/warroom/_quick_card.html"
        return render(request, template, facts, status=status, using="jinja2")
    return show_editor(
        request, incident, form, Editor("A new card", "Add"), status=status, action=request.path
    )


@on_incident("GET", "POST")
def card(request: PersonRequest, incident: Incident, card_id: int) -> HttpResponse:
    """One card: read it, change it, move it. A stale version shows both, the typed one kept."""
    found = find_card(incident, card_id)
    if request.method != "POST":
        form = card_form(request, incident, initial=CardForm.values_of(found))
        if to := request.GET.get("to"):
            form.initial["to"] = to
        return show_editor(request, incident, form, EDIT, current=None, card=found)
    form = card_form(request, incident, request.POST)
    swap = request.POST.get("swap", "")
    status = attempt(form, lambda values: save(request, found, values, swap=swap))
    if not status:
        return accepted(request, incident, "Card saved.")
    return refused_card(request, incident, form, card_id, status)


@on_incident("POST")
def position(request: PersonRequest, incident: Incident, card_id: int) -> HttpResponse:
    """Move a card to a column and a place in it (``to``, ``position``, ``version``).

    What the rule misses is asked for in the card's editor, with the move already chosen.
    """
    found = find_card(incident, card_id)
    given = request.POST.get("version") or request.GET.get("version") or ""
    place = request.POST.get("position", "")
    to = request.POST.get("to", "")
    try:
        move_card(
            found.pk,
            by=request.user,
            to=to,
            position=int(place) if place.isdigit() else None,
            version=int(given) if given.isdigit() else None,
        )
    except Refused as refusal:
        current = find_card(incident, card_id)
        form = card_form(request, incident, CardForm.values_of(current) | {"to": to})
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
    return accepted(request, incident, f"Moved to {Column(to).label}.")


@on_incident("GET", "POST")
def time_box(request: PersonRequest, incident: Incident, card_id: int) -> HttpResponse:
    """More minutes for a card in Now, with the reason."""
    found = find_card(incident, card_id)
    form = TimeBoxForm(request.POST or None)
    editor = Editor("More time", "Extend", f"“{found.title}” needs longer than its time box.")
    return edit(
        request,
        incident,
        form,
        lambda values: extend_time_box(found.pk, by=request.user, **values),
        editor,
        said="Time box extended.",
    )


def find_card(incident: Incident, card_id: int) -> Card:
    """The card of this incident, or ``NotVisible``."""
    found = incident.cards.select_related("owner", "pair").filter(pk=card_id).first()
    if found is None:
        raise NotVisible
    return found


def card_path(incident: Incident, card_id: int) -> str:
    """The address of the card's editor."""
    return f"{incident.get_absolute_url()}cards/{card_id}/"


def card_form(
    request: PersonRequest, incident: Incident, data: Any = None, **kwargs: Any
) -> CardForm:
    """The editor's form with this incident's signals and people."""
    return CardForm(
        data,
        signals=incident.signals.standing(),
        people=people_on(incident),
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
            *("expected_proof", "risk"),
        )
    }
    changed = change_card(
        card.pk,
        by=request.user,
        version=values["version"],
        serves=serves_value(values["serves"]),
        **fields,
    )
    if swap.isdigit() and len(swap) < 18:
        swap_cards(int(swap), by=request.user, start=card.pk)
    elif values["to"] != changed.column:
        move_card(
            card.pk,
            by=request.user,
            to=values["to"],
            proof=values["proof"],
            version=changed.version,
        )


def refused_card(
    request: PersonRequest, incident: Incident, form: CardForm, card_id: int, status: int
) -> HttpResponse:
    """The editor again. After ``stale``, with the card as it is now beside what was typed."""
    current = find_card(incident, card_id)
    stale = form.refusal is not None and form.refusal.code == "stale"
    if stale:
        typed = request.POST.copy()
        typed["version"] = str(current.version)
        form.data = typed
    return show_editor(
        request,
        incident,
        form,
        EDIT,
        status=status,
        current=current if stale else None,
        card=current,
        action=card_path(incident, card_id),
    )
