"""Keeping the order of a column whole: positions are always 0 … n-1, also while cards move.

Callers hold the incident's lock. The constraint on positions is deferred to the commit.
"""

from django.db.models import F

from incidents.cards.models import Card


def length_of(incident_id: int, column: str) -> int:
    """How many cards stand in a column. One query."""
    return Card.objects.filter(incident=incident_id, column=column).count()


def take_out(card: Card) -> None:
    """Close the gap that a card leaves in its column. One query."""
    below = Card.objects.filter(
        incident=card.incident_id, column=card.column, position__gt=card.position
    )
    below.exclude(pk=card.pk).update(position=F("position") - 1)


def put_in(card: Card, column: str, position: int | None) -> None:
    """Make room for a taken-out card in ``column`` and set its place; the caller saves it.

    Without a position, or with one past the end, it goes to the end. Two queries.
    """
    others = Card.objects.filter(incident=card.incident_id, column=column).exclude(pk=card.pk)
    size = others.count()
    place = size if position is None else min(position, size)
    others.filter(position__gte=place).update(position=F("position") + 1)
    card.column, card.position = column, place
