"""Escalating and pausing side work in Chromium (P14, P07), seen on the other board at once."""

import pytest
from playwright.sync_api import expect

from incidents.escalations.models import Escalation
from incidents.record.models import Incident
from incidents.roster.actions import join
from incidents.sidework.models import PausedWork
from people.models import User
from tests.browser.conftest import Sit

pytestmark = pytest.mark.browser


def test_p14_one_asks_and_the_other_has_it(
    sit: Sit, incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    maya, tunde = sit(commander, width=360, height=780, scheme="light"), sit(responder)
    leader = maya.open(f"/incidents/{incident.ref}/")
    page = tunde.open(f"/incidents/{incident.ref}/")
    leader.locator(".tabs label:has([value=update])").click()
    leader.get_by_label("What we know").fill("Still typing this")

    page.keyboard.press("e")
    expect(page.get_by_label("In one line")).to_be_focused()
    page.locator("#editor").get_by_role("button", name="Escalate").click()
    expect(page.locator("#editor")).to_contain_text("Say in a line what you need")
    page.get_by_label("In one line").fill("The replica does not catch up")
    page.keyboard.press("Enter")
    said = "▲ Tunde Okafor is stuck since"
    for board in (page, leader):
        expect(board.locator("#banner")).to_contain_text(said)
    expect(page.get_by_role("button", name="I have it")).to_be_hidden()
    expect(leader.get_by_label("What we know")).to_have_value("Still typing this")
    maya.check_accessible()
    maya.picture("escalated-360-light")

    leader.get_by_role("button", name="I have it").click()
    for board in (page, leader):
        expect(board.locator("#banner")).not_to_contain_text(said)
    assert Escalation.objects.get().acknowledged_by == commander
    expect(leader.get_by_label("What we know")).to_have_value("Still typing this")


def test_p07_what_waits_is_on_every_board_until_it_is_settled(
    sit: Sit, incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    maya, tunde = sit(commander), sit(responder, scheme="light")
    page = tunde.open(f"/incidents/{incident.ref}/")
    leader = maya.open(f"/incidents/{incident.ref}/")
    page.get_by_role("link", name="Pause side work").click()
    editor = page.locator("#editor")
    editor.get_by_label("What is put down").fill("Search re-index")
    editor.get_by_label("Why it waits").fill("It reads the same database")
    editor.get_by_role("button", name="Pause").click()
    expect(leader.locator("#paused")).to_contain_text("Search re-index · Tunde Okafor")
    tunde.check_accessible()
    tunde.picture("paused-1440-light")

    leader.locator("#paused").get_by_role("link", name="Search re-index").click()
    leader.locator("#editor").get_by_label("Dropped").check()
    leader.locator("#editor").get_by_role("button", name="Settle").click()
    expect(leader.locator("#editor")).to_contain_text("Say in a line why")
    leader.locator("#editor").get_by_label("Note").fill("Nobody needs it any more")
    leader.locator("#editor").get_by_role("button", name="Settle").click()
    for board in (page, leader):
        expect(board.locator("#paused")).not_to_contain_text("Search re-index")
    assert PausedWork.objects.get().outcome == "dropped"
