"""Cards in Chromium: moved by mouse, finger and keys, and what a column asks for on the way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from incidents.board.actions import add_card
from incidents.cards.models import Card
from incidents.endstate.actions import write_end_state
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.browser.conftest import Sit
from tests.browser.dragging import lift
from tests.incidents.cast import ready

pytestmark = pytest.mark.browser


def with_mouse(page: Page, card: Card) -> None:
    """From the card to the end of the column."""
    lift(page, card)
    goal = page.locator("[data-column=now] > .drop").bounding_box()
    assert goal
    page.mouse.move(goal["x"] + 60, goal["y"] + goal["height"] - 4, steps=8)
    page.mouse.up()


def with_finger(page: Page, card: Card) -> None:
    """Touches, as Chromium's own input makes them."""
    session = page.context.new_cdp_session(page)
    grip = page.locator(f"#card-{card.pk} .grip")
    # A page that has just opened may still move: this waits until the grip stands still.
    grip.hover(trial=True)
    start = grip.bounding_box()
    goal = page.locator("[data-column=now] > .drop").bounding_box()
    assert start and goal
    x, y = start["x"] + 12, start["y"] + 12
    session.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    )
    for part in range(1, 9):
        point = {"x": x + (goal["x"] + 60 - x) * part / 8, "y": y + (goal["y"] + 20 - y) * part / 8}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def with_keys(page: Page, card: Card) -> None:
    page.locator(f"#card-{card.pk}").focus()
    page.keyboard.press("1")


@pytest.mark.parametrize("move", [with_mouse, with_finger, with_keys])
def test_p30_cards_move_by_mouse_touch_and_keyboard(
    sit: Sit,
    incident: Incident,
    commander: User,
    responder: User,
    move: Callable[[Page, Card], None],
) -> None:
    join(incident, by=responder)
    card = ready(incident, responder)
    seat = sit(responder, touch=move is with_finger)
    page = seat.open(incident.get_absolute_url())
    other = sit(commander).open(incident.get_absolute_url())
    move(page, card)
    expect(page.locator(f"[data-column=now] #card-{card.pk}")).to_be_visible()
    expect(other.locator(f"[data-column=now] #card-{card.pk}")).to_be_visible()
    card.refresh_from_db()
    assert card.column == "now"


def test_p31_what_is_missing_is_asked_with_the_move_already_chosen(
    sit: Sit, incident: Incident, responder: User
) -> None:
    card = add_card(incident, by=responder, title="Drain the retries", column="next")
    page = sit(responder).open(incident.get_absolute_url())
    page.locator(f"#card-{card.pk}").focus()
    page.keyboard.press("1")
    # All that is missing at once, all that is known filled in: me, a quarter of an hour.
    sheet = page.locator("#edit-form")
    expect(sheet.locator(".refusal")).to_contain_text("The card is not ready for Now")
    expect(sheet.get_by_label("Who", exact=True)).to_have_value(str(responder.pk))
    expect(sheet.get_by_label("For, minutes")).to_have_value("15")
    sheet.get_by_label("read only").check()
    sheet.get_by_label("Done when we see").fill("queue depth falls")
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-column=now] #card-{card.pk}")).to_be_visible()
    expect(page.locator(f"#card-{card.pk} .left")).to_contain_text("left of 15")


def test_p23_what_serves_nothing_offers_to_park(
    sit: Sit, incident: Incident, commander: User, responder: User
) -> None:
    write_end_state(incident, by=commander, text="Calls succeed.")
    card = add_card(incident, by=responder, title="Repaint the dashboard")
    assert card.column == "parked"
    page = sit(responder).open(incident.get_absolute_url())
    page.locator("#parked summary").click()
    page.locator(f"#card-{card.pk}").get_by_role("button", name="To next").click()
    page.get_by_role("button", name="Park it instead").click()
    expect(page.locator("#editor")).to_be_hidden()
    card.refresh_from_db()
    assert card.column == "parked"
