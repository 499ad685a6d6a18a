"""Notifications and a sound in the browser: asked of who leads or speaks, tested there, opt-in."""

import pytest
from playwright.sync_api import Page, expect

from incidents.escalations.actions import escalate
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from people.models import User
from tests.browser.conftest import Sit
from tests.waiting import until

pytestmark = pytest.mark.browser

#: Writes down what the page asks the browser to do, which nobody sees or hears on a test machine.
LISTEN = """
window.called = [];
window.Notification = class extends EventTarget {
  constructor(title, { body }) { super(); window.called.push(`${title}: ${body}`); }
  static requestPermission() { window.called.push("may I?"); return Promise.resolve("granted"); }
};
const oscillator = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () {
  window.called.push("a sound");
  return oscillator.call(this);
};
"""


def called(page: Page) -> list[str]:
    """What the browser was asked to do since the page was loaded."""
    return list(page.evaluate("window.called"))


def test_who_leads_is_asked_once_tests_it_and_is_called_with_what_is_addressed_to_them(
    sit: Sit, incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    join(incident, by=responder)
    assign_role(incident, by=commander, role="communications", person=other_responder)
    leads, digs, speaks = sit(commander), sit(responder), sit(other_responder)
    for seat in (leads, digs, speaks):
        seat.context.add_init_script(LISTEN)
    path = f"/incidents/{incident.ref}/"
    ask = "may this browser call you"
    page = leads.open(path)
    expect(page.get_by_text(ask)).to_be_visible()
    expect(speaks.open(path).get_by_text(ask)).to_be_visible()
    page.get_by_role("button", name="Yes, and test it").click()
    expect(page.get_by_text(ask)).to_be_hidden()
    test = "Endstate: This is how Endstate calls you in this browser."
    until(lambda: called(page) == ["may I?", "a sound", test])
    # Who digs is never asked, and nobody who did not say yes is called.
    expect(digs.open(path).locator("#roster")).to_be_visible()
    expect(digs.page.get_by_text(ask)).to_be_hidden()
    escalate(incident, by=responder, text="The replica lags")
    page.reload()
    said = f"SEV1 {incident.ref}: {responder.name} is stuck: The replica lags · API calls fail"
    until(lambda: called(page) == ["a sound", f"Endstate: {said}"])
    expect(page).to_have_title(f"({page.locator('#bell b').inner_text()}) {title_of(page)}")
    expect(page.get_by_text(ask)).to_be_hidden()
    # Once said is enough; what is not addressed to somebody calls nobody.
    page.reload()
    expect(page.locator("#bell b")).to_be_visible()
    for seat in (leads, digs, speaks):
        assert called(seat.page) == []


def title_of(page: Page) -> str:
    """The page's title without the number of what is unread."""
    return page.title().partition(") ")[2]
