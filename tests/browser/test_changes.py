"""A drastic step of two people in Chromium: thought, written, approved, run, and undone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from incidents.board.actions import add_card
from incidents.cards.models import Card
from incidents.changes.models import Change
from incidents.endstate.actions import write_end_state
from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.browser.conftest import Seat, Sit
from tests.incidents.cast import measure

pytestmark = pytest.mark.browser


@pytest.fixture
def errors(incident: Incident, commander: User, responder: User, other_responder: User) -> Signal:
    """The error rate of an incident on which three people are."""
    for person in (responder, other_responder):
        join(incident, by=person)
    write_end_state(incident, by=commander, text="Calls succeed, no data is lost.")
    signal = add_signal(
        incident, by=commander, name="Error rate", comparator="<=", target=1, unit="%"
    )
    measure(signal, commander, *range(40, 30, -1))
    return signal


@pytest.fixture
def card(incident: Incident, responder: User, errors: Signal) -> Card:
    """What nobody has thought through yet."""
    return add_card(
        incident, by=responder, title="Drop the queued retries", serves=errors.pk, column="next"
    )


def on(page: Page, card: Card) -> Callable[[str, str], None]:
    """Clicks what a card offers, by role and name."""

    def click(role: str, name: str) -> None:
        page.locator(f"#card-{card.pk}").get_by_role(role, name=name).click()  # type: ignore[arg-type]

    return click


def think(page: Page) -> None:
    page.keyboard.press("h")
    expect(page.get_by_label("What may cause it?")).to_be_focused()
    page.keyboard.type("Retries keep the database busy")
    page.keyboard.press("Enter")
    expect(page.locator("#hypotheses")).to_contain_text("Retries keep the database busy")
    expect(page.locator("#editor")).to_be_hidden()


def write(seat: Seat, card: Card, name: str) -> None:
    """The three answers and the switch, by keyboard; what is missing is said at once."""
    page, sheet = seat.page, seat.page.locator("#editor")
    on(page, card)("link", "Start")
    expect(sheet.get_by_role("heading", name="Before it runs")).to_be_visible()
    sheet.get_by_label("destructive").check()
    expect(sheet.get_by_label("We expect")).to_have_value("Error rate ≤ 1 % on the signal")
    expect(sheet.get_by_label("Retries keep the database busy")).to_be_checked()
    sheet.get_by_role("button", name="Ask Maya").click()
    expect(sheet.locator(".refusal")).to_contain_text("The change is not written")
    expect(sheet.get_by_label("What can go wrong")).to_be_focused()
    page.keyboard.type("some orders are never retried")
    page.keyboard.press("Tab")
    page.keyboard.type("put the copy of the queue back, 2 min")
    is_covered = page.evaluate(
        """() => [...document.querySelectorAll("#board, #pinned .signals")].some((part) => {
          const [a, b] = [part, document.querySelector("#editor")].map((one) =>
            one.getBoundingClientRect());
          return a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom;
        })"""
    )
    assert not is_covered or (page.viewport_size or {"width": 0})["width"] < 1180
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    seat.check_accessible()
    seat.picture(f"change-sheet-{name}")
    page.keyboard.press("Control+Enter")
    expect(sheet).to_be_hidden()
    expect(page.locator(f"#card-{card.pk}")).to_contain_text("asked for its approval")


def approve(seat: Seat, card: Card, name: str) -> None:
    page, sheet = seat.page, seat.page.locator("#editor")
    page.locator("#banner").get_by_role("link", name="Look at it").click()
    for words in ("some orders are never retried", "put the copy of the queue back", "31 %"):
        expect(sheet).to_contain_text(words)
    seat.check_accessible()
    seat.picture(f"change-approval-{name}")
    page.keyboard.press("Enter")
    expect(page.locator(f"#card-{card.pk}")).to_contain_text("Maya Köhler approved")


@pytest.mark.parametrize("width", [1440, 360])
def test_p35_a_drastic_step_of_two_people_from_the_thought_to_the_next_one(
    sit: Sit,
    incident: Incident,
    commander: User,
    responder: User,
    errors: Signal,
    card: Card,
    width: int,
    subtests: pytest.Subtests,
) -> None:
    size = {"width": width, "height": 900 if width > 500 else 780}
    tunde, maya = sit(responder, **size), sit(commander, scheme="light", **size)
    room = f"/incidents/{incident.ref}/"
    page, leader = tunde.open(room), maya.open(room)
    here = page.locator(f"#card-{card.pk}")

    with subtests.test("a hypothesis, with a key"):
        think(page)

    with subtests.test("the destructive change is written and asked for"):
        write(tunde, card, f"{width}-dark")
        change = Change.objects.get(card=card)
        assert change.written_in_s is not None

    with subtests.test("it is approved by a click"):
        approve(maya, card, f"{width}-light")

    with subtests.test("it starts, with the signals beside it on both boards"):
        on(page, card)("button", "Start")
        expect(here.locator(".ran")).to_contain_text("Running")
        measure(errors, commander, 94.0)
        for board in (page, leader):
            expect(board.locator(f"#card-{card.pk} .compared")).to_contain_text("94 %")
        tunde.check_accessible()
        tunde.picture(f"change-running-{width}-dark")

    with subtests.test("it goes otherwise than expected, and somebody stops"):
        page.locator("#pinned").get_by_role("link", name="Stop").click()
        page.get_by_label("What did you see?").fill("Errors rise")
        page.keyboard.press("Enter")
        expect(leader.locator("#banner")).to_contain_text("stopped the line")
        on(page, card)("link", "Finish")
        sheet = page.locator("#editor")
        expect(sheet.locator(".compared")).to_contain_text("94 %")
        sheet.get_by_label("not as expected").check()
        sheet.get_by_label("In a line").fill("connections reset")
        tunde.check_accessible()
        tunde.picture(f"change-outcome-{width}-dark")
        sheet.get_by_role("button", name="Finish").click()
        expect(sheet).to_be_hidden()
        expect(page.locator("#banner")).to_contain_text("Before another change starts")
        expect(page.locator("#hypotheses")).to_contain_text("went not as expected")

    with subtests.test("it is rolled back while the line is stopped"):
        on(page, card)("button", "Roll back")
        expect(here.locator(".ran")).to_contain_text("Running")
        expect(here).to_contain_text("way back")
        measure(errors, commander, 4.0)
        on(page, card)("link", "Finish")
        sheet.get_by_label("as expected", exact=True).check()
        sheet.get_by_label("What proves that it is done?").fill("error rate back at 4 %")
        sheet.get_by_role("button", name="Finish").click()
        expect(page.locator("[data-column=done]")).to_contain_text("error rate back at 4 %")

    with subtests.test("the line goes on, and the commander gives the go"):
        leader.locator("#banner").get_by_role("link", name="Resume").click()
        leader.get_by_label("Why is it safe to go on?").fill("It is as before")
        leader.keyboard.press("Enter")
        expect(page.locator("#banner")).not_to_contain_text("stopped the line")
        leader.locator("#banner").get_by_role("link", name="Go", exact=True).click()
        leader.get_by_label("Why may we go on?").fill("The cause of the resets is known")
        leader.keyboard.press("Control+Enter")
        expect(page.locator("#banner")).not_to_contain_text("Before another change starts")

    with subtests.test("the next change is a safe one, and two Enters start it"):
        step = add_card(
            incident,
            by=responder,
            title="Serve reads from the replica",
            serves=errors.pk,
            risk="safe",
            owner=responder,
            column="next",
        )
        link = page.locator(f"#card-{step.pk}").get_by_role("link", name="Start")
        link.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#editor").get_by_role("button", name="Start")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(f"[data-column=now] #card-{step.pk}")).to_contain_text("Running")
        assert Change.objects.get(card=step).rollback == "redeploy"
        for seat in (tunde, maya):
            seat.check()
