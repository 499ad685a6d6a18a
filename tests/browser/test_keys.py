"""A whole incident with the keyboard alone: nothing is clicked, nothing is focused from outside."""

import pytest
from playwright.sync_api import Page, expect

from incidents.record.models import Incident, Status
from people.models import User
from tests.browser.conftest import Sit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

#: What somebody who hears the page is told of where the focus stands.
HERE = """() => {
  const at = document.activeElement;
  return at.getAttribute("aria-label") ?? (at.labels?.[0] ?? at).textContent.trim();
}"""
MOST_TABS = 60


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the focus stands on what begins with ``words``."""
    passed = []
    for _ in range(MOST_TABS):
        passed.append(page.evaluate(HERE)[:40])
        if passed[-1].startswith(words):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no {words} in {passed}")


def write(page: Page, label: str, words: str) -> None:
    """Go to a field and type over what stands in it."""
    tab_to(page, label)
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def key(page: Page, letter: str) -> Page:
    """A single key, which opens a sheet."""
    page.keyboard.press(letter)
    expect(page.locator("#edit-form")).to_be_visible()
    return page


def test_an_incident_is_led_from_its_declaration_to_its_end_without_a_pointer(
    sit: Sit, commander: User, subtests: pytest.Subtests
) -> None:
    seat = sit(commander)
    page = seat.open("/")
    sheet = page.locator("#editor")

    with subtests.test("declared"):
        page.keyboard.press("d")
        expect(page.get_by_label("What is broken?")).to_be_focused()
        page.keyboard.type("API calls fail")
        page.keyboard.press("Enter")
        page.wait_for_url("**/incidents/INC-*/")
        incident = Incident.objects.get()

    with subtests.test("a card is written, started and finished"):
        page.keyboard.press("c")
        page.keyboard.type("Cap the export query")
        page.keyboard.press("Enter")
        expect(page.locator("[data-column=next]")).to_contain_text("Cap the export query")
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowDown")
        key(page, "1")
        tab_to(page, "○ read only")
        page.keyboard.press("Space")
        write(page, "Done when we see", "errors under 5 %")
        page.keyboard.press("Enter")
        expect(page.locator("[data-column=now]")).to_contain_text("Cap the export query")
        # The board may show it before the answer closes the sheet.
        expect(sheet).to_be_hidden()
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowDown")
        key(page, "3")
        expect(sheet.get_by_label("What do we see?")).to_be_focused()
        page.keyboard.type("errors at 0.8 %")
        page.keyboard.press("Enter")
        expect(page.locator("[data-column=done]")).to_contain_text("Cap the export query")
        expect(sheet).to_be_hidden()

    with subtests.test("stakeholders hear of it"):
        page.keyboard.press("u")
        expect(page.get_by_label("What we know")).to_be_focused()
        page.keyboard.type("The export is capped, orders go through.")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#latest")).to_contain_text("The export is capped")
        # What was not known yet gives way to what is typed.
        assert incident.updates.get().status_text == "The export is capped, orders go through."
        page.keyboard.press("Escape")

    with subtests.test("the line is stopped and resumed"):
        key(page, "s")
        page.keyboard.type("Rows are missing")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#banner")).to_contain_text("Rows are missing")
        expect(sheet).to_be_hidden()
        key(page, "s")
        page.keyboard.type("They were only late")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#banner")).not_to_contain_text("Rows are missing")
        expect(sheet).to_be_hidden()

    with subtests.test("somebody who is stuck asks"):
        key(page, "e")
        page.keyboard.type("I need somebody who knows the ledger")
        page.keyboard.press("Control+Enter")
        expect(sheet).to_be_hidden()
        assert incident.escalations.count() == 1

    with subtests.test("the palette reaches what has no key"):
        page.keyboard.press("/")
        page.keyboard.type("miss")
        page.keyboard.press("Enter")
        expect(sheet).to_be_visible()
        write(page, "Now stuck at", "The partner retries")
        page.keyboard.press("Control+Enter")
        expect(sheet).to_be_hidden()

    with subtests.test("resolved"):
        key(page, "r")
        expect(page.locator("#edit-to")).to_be_focused()
        page.keyboard.type("Resolved")
        write(page, "All clear", "All calls succeed. It is over.")
        write(page, "If the end state is not met", "No metric yet; checked by hand.")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".steps [aria-current]")).to_have_text("Resolved")
        incident.refresh_from_db()
        assert incident.status == Status.RESOLVED
