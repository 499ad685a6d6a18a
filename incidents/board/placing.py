"""Keeping the order of a column whole: positions are always 0 … n-1, also while cards move.

Callers hold the incident's lock. The constraint on positions is deferred to the commit.
"""

from django.db.models import Case, F, IntegerField, Q, When

from incidents.cards.models import Card


def length_of(incident_id: int, column: str) -> int:
    """How many cards stand in a column. One query."""
    return Card.objects.filter(incident=incident_id, column=column).count()


def place(card: Card, column: str, position: int | None, *, size: int | None = None) -> None:
    """Give the card a place in ``column`` and move the others for it; the caller saves the card.

    Without a position, or with one past the end, it goes to the end. ``size`` is how many other
    cards stand there, where it is known: then one query, else two.
    """
    others = Card.objects.filter(incident=card.incident_id).exclude(pk=card.pk)
    if size is None:
        size = others.filter(column=column).count()
    left, stood = card.column, card.position
    card.column, card.position = column, size if position is None else min(position, size)
    above = Q(column=left, position__gt=stood)
    below = Q(column=column, position__gte=card.position)
    if left != column:
        step = Case(When(above, then=-1), default=1, output_field=IntegerField())
        others.filter(above | below).update(position=F("position") + step)
    elif stood < card.position:
        others.filter(above, position__lte=card.position).update(position=F("position") - 1)
    elif card.position < stood:
        others.filter(below, position__lt=stood).update(position=F("position") + 1)
