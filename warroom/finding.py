"""What an address or a form names: the parts of an incident, or nothing that can be seen."""

from typing import Any

from django.http import HttpRequest

from incidents.cards.models import Card
from incidents.changes.models import Change
from incidents.record.models import Incident, RoleAssignment
from pages.numbers import asked_number
from people.models import User
from refusals.errors import NotVisible


def find_card(incident: Incident, card_id: int) -> Card:
    """The card of this incident with owner, pair and signal, or ``NotVisible``."""
    cards = incident.cards.select_related("owner", "pair", "serves_signal", "tests")
    found = cards.filter(pk=card_id).first()
    if found is None:
        raise NotVisible
    return found


def card_facts(card: Card) -> dict[str, str]:
    """What a short sheet about a card stands on."""
    return {
        "Column": card.get_column_display(),
        "Owner": card.owner.name if card.owner else "nobody yet",
        "Time box": f"{card.time_box_min or 15} min",
    }


def card_path(incident: Incident, card_id: int) -> str:
    """The address of the card's editor."""
    return f"{incident.get_absolute_url()}cards/{card_id}/"


def find_change(incident: Incident, change_id: int) -> Change:
    """The change of this incident with its card and people, or ``NotVisible``."""
    changes = incident.changes.select_related(
        *("card", "card__owner", "card__pair", "card__serves_signal"),
        *("hypothesis", "asked_by", "approved_by"),
    )
    found = changes.filter(pk=change_id).first()
    if found is None:
        raise NotVisible
    return found


REMOVED = "Somebody removed it meanwhile. What you typed stands here to be taken along."


def standing_or_left(request: HttpRequest, rows: Any, number: int) -> tuple[Any, str]:
    """A row of the incident that stands, or ``NotVisible``; for an open sheet also one removed.

    Then with what to say of it, so that nothing typed is lost.
    """
    found = rows.filter(pk=number).first()
    is_removed = found is not None and found.removed_at is not None
    is_sheet = request.method == "POST" or getattr(request, "htmx", False)
    if found is None or (is_removed and (not is_sheet or "remove" in request.POST)):
        raise NotVisible
    return found, REMOVED if is_removed else ""


def offered_in(incident: Incident, given: str | None) -> int | None:
    """The offer of this incident that a button names, or nothing."""
    if (number := asked_number("offer", given)) is None:
        return None
    offers = RoleAssignment.objects.filter(incident=incident, pk=number)
    return offers.values_list("pk", flat=True).first()


def with_account(person: User) -> str:
    """The person as a choice: who does not respond can only help."""
    return person.name if person.is_responder else f"{person.name} (stakeholder: helper)"
