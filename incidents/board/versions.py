"""The version of a card that whoever changes it saw."""

from incidents.cards.models import Card
from incidents.cards.queries import card_as_dict
from refusals.errors import Invalid
from refusals.versions import check_version


def check_seen(card: Card, version: int | None) -> None:
    """Refuse an older version (``stale``, with the card as it is) and none (``Invalid``)."""
    if version is None:
        raise Invalid({"version": "Send the version of the card that you saw."})
    check_version(
        version,
        card.version,
        f"Somebody changed “{card.title}” meanwhile. Look at it as it is now, then try again.",
        card_as_dict(card),
    )
