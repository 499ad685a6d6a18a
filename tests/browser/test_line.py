"""Stopping the line in Chromium (P38): every board stands still until the commander resumes."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from incidents.board.actions import add_card
from incidents.endstate.signals import add_signal, record_samples
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.browser.conftest import Sit

pytestmark = pytest.mark.browser

#: What the buttons of the bar say, and where each stands.
STANDING = """() => [...document.querySelectorAll("#pinned .acts > *")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.innerText.split(/\\s+/)[1] ?? one.innerText, one.getBoundingClientRect()])
  .map(([words, box]) => [words, box.x, box.y, box.width])"""
#: A phone, and a desk magnified twice.
SMALL = ((720, 450), (360, 780))


def standing(leader: Page, page: Page) -> list[list[list[Any]]]:
    """Where the buttons stand on a desk, on a phone, and magnified."""
    found = [page.evaluate(STANDING)]
    for width, height in SMALL:
        leader.set_viewport_size({"width": width, "height": height})
        found.append(leader.evaluate(STANDING))
    return found


def test_p38_one_stops_and_every_board_stands_still(
    sit: Sit, incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    add_card(
        incident,
        by=responder,
        title="Restart the pods",
        owner=responder,
        risk="safe",
        expected_proof="errors fall",
        column="next",
    )
    maya, tunde = sit(commander, width=360, height=780), sit(responder)
    leader, page = (
        maya.open(f"/incidents/{incident.ref}/"),
        tunde.open(f"/incidents/{incident.ref}/"),
    )

    before = standing(leader, page)
    page.keyboard.press("s")
    expect(page.get_by_label("What did you see?")).to_be_focused()
    page.keyboard.type("A second region fails")
    page.keyboard.press("Enter")
    for board in (page, leader):
        expect(board.locator("#banner")).to_contain_text("Tunde Okafor stopped the line at")
        expect(board.locator("#banner")).to_contain_text("A second region fails.")
    # *Stop* is *Resume* in its place, and nothing beside it moves.
    after = standing(leader, page)
    for was, became in zip(before, after, strict=True):
        assert [one[1:] for one in was] == [one[1:] for one in became]
        changed = [(one[0], other[0]) for one, other in zip(was, became, strict=True)]
        assert [pair for pair in changed if pair[0] != pair[1]] == [("Stop", "Resume")]
    tunde.check_accessible()
    maya.check_accessible()
    tunde.picture("line-stopped-1440-dark")
    maya.picture("line-stopped-360-dark")

    page.locator("[data-column=next] .card").get_by_role("link", name="Start", exact=True).click()
    sheet = page.locator("#editor")
    sheet.get_by_role("button", name="Start").click()
    expect(sheet).to_contain_text("The line is stopped")
    expect(sheet).to_contain_text("Only read-only work and rolling back start")
    sheet.get_by_label("read only").check()
    sheet.get_by_role("button", name="Start").click()
    expect(leader.locator("[data-column=now]")).to_contain_text("Restart the pods")

    page.locator("#banner").get_by_role("link", name="Resume").click()
    page.locator("#editor").get_by_label("Why is it safe to go on?").fill("It was the probe")
    page.keyboard.press("Enter")
    expect(page.locator("#editor")).to_contain_text(
        "Maya Köhler commands and is the one to let the line go on"
    )
    expect(page.locator("#editor").get_by_label("Why is it safe")).to_have_value("It was the probe")

    leader.locator("#banner").get_by_role("link", name="Resume").click()
    leader.locator("#editor").get_by_label("Why is it safe to go on?").fill("It was the probe")
    leader.keyboard.press("Enter")
    for board in (page, leader):
        expect(board.locator("#banner")).not_to_contain_text("stopped the line")


def test_p38_what_was_agreed_stops_by_itself_on_every_board(
    sit: Sit, incident: Incident, commander: User
) -> None:
    signal = add_signal(incident, by=commander, name="Rows lost", comparator="=", target=0)
    page = sit(commander, scheme="light").open(f"/incidents/{incident.ref}/")
    page.get_by_role("link", name="Agree on what stops the line").click()
    editor = page.locator("#editor")
    editor.get_by_label("Stop when").fill("Rows are lost")
    editor.get_by_label("Watched by").select_option(label="Rows lost")
    editor.get_by_label("Its value is").select_option(">")
    editor.get_by_role("button", name="Agree").click()
    expect(editor).to_contain_text("A threshold is a number.")
    editor.get_by_label("Threshold").fill("0")
    editor.get_by_role("button", name="Agree").click()
    expect(page.locator("#line")).to_contain_text("Rows are lost")
    expect(page.locator("#line")).to_contain_text("automatic")

    record_samples(signal.pk, by=commander, samples=[(3, None)])
    expect(page.locator("#banner")).to_contain_text("The line stopped by itself at")
    expect(page.locator("#banner")).to_contain_text("Rows are lost (Rows lost at 3)")
