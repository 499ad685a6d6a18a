"""Begins every action on a card: finds it under the lock of its incident."""

from incidents.cards.models import Card
from incidents.cards.origins import check_theirs
from incidents.cards.queries import card_on, incident_id_of
from incidents.record.models import Incident
from incidents.roster.presence import enter
from people.models import User
from refusals.errors import NotVisible


def enter_card(card: Card | int, *, by: User) -> tuple[Card, Incident]:
    """The card as it is under the lock of its incident: a helper's must be their own.

    ``card`` is its id, or the card as somebody read it, which tells its incident: a query less.
    Raises ``NotVisible``.
    """
    card_id = card if isinstance(card, int) else card.pk
    found = incident_id_of(card) if isinstance(card, int) else card.incident_id
    if found is None:
        raise NotVisible
    incident = enter(found, by=by, helpers=True)
    fresh = card_on(incident, card_id)
    if fresh is None:
        raise NotVisible
    check_theirs(fresh, by)
    return fresh, incident
