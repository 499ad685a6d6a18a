"""The parts of an incident that an address names, or nothing that can be seen."""

from incidents.board.models import Card
from incidents.changes.models import Change
from incidents.record.models import Incident
from refusals.errors import NotVisible


def find_card(incident: Incident, card_id: int) -> Card:
    """The card of this incident with owner, pair and signal, or ``NotVisible``."""
    cards = incident.cards.select_related("owner", "pair", "serves_signal", "tests")
    found = cards.filter(pk=card_id).first()
    if found is None:
        raise NotVisible
    return found


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
