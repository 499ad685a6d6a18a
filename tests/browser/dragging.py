"""Taking hold of a card with the mouse, on a page that may still move."""

import re

from playwright.sync_api import Page, expect

from incidents.cards.models import Card


def lift(page: Page, card: Card) -> None:
    """Press the card's grip and pull until the card is held.

    What just opened or was just pushed may still shift, and a place read before that belongs to
    another card: the grip is waited for, and other places are read once the card is held.
    """
    grip = page.locator(f"#card-{card.pk} .grip")
    grip.hover()
    page.mouse.down()
    at = grip.bounding_box()
    assert at
    page.mouse.move(at["x"] + 30, at["y"] + 30, steps=4)
    expect(page.locator(f"#card-{card.pk}")).to_have_class(re.compile(r"\bis-held\b"))
