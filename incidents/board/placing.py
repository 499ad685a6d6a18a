"""Keeping the order of a column whole: positions are always 0 … n-1, also while cards move.

Callers hold the incident's lock. The constraint on positions is deferred to the commit.
"""

from django.db import connection

from incidents.cards.models import Card

_LEAVES = """("column" = %(left)s AND position > %(stood)s)::int"""
_ENTERS = f"""("column" = %(column)s AND position - {_LEAVES} >= %(place)s)::int"""
#: Whoever stood behind the card moves up, then whoever stands where it goes moves down: both where
#: it stays in its column.
SHIFT = f"""
UPDATE incidents_card SET position = position - {_LEAVES} + {_ENTERS}
WHERE incident_id = %(incident)s AND id <> %(card)s AND {_LEAVES} <> {_ENTERS}
"""  # noqa: S608 - the parts are ours


def length_of(incident_id: int, column: str) -> int:
    """How many cards stand in a column. One query."""
    return Card.objects.filter(incident=incident_id, column=column).count()


def place(
    card: Card,
    column: str,
    position: int | None,
    *,
    size: int | None = None,
    beside: int | None = None,
) -> None:
    """Give the card a place in ``column`` and move the others for it; the caller saves the card.

    Without a position, or with one past the end, it goes to the end. ``size`` and ``beside`` are
    how many other cards stand there and where it stood, where that is known: then one query, and
    none where nobody stands behind; else two.
    """
    if size is None:
        others = Card.objects.filter(incident=card.incident_id, column=column)
        size = others.exclude(pk=card.pk).count()
    left, stood = card.column, card.position
    card.column, card.position = column, size if position is None else min(position, size)
    if (left, stood) == (column, card.position) or (stood, card.position) == (beside, size):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            SHIFT,
            {
                "left": left,
                "stood": stood,
                "column": column,
                "place": card.position,
                "incident": card.incident_id,
                "card": card.pk,
            },
        )
