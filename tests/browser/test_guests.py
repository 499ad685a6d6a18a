"""A link is made and revoked in the war room; who holds it reads along live, and no longer."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.browser.conftest import Seat, Sit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_p48_a_guest_reads_along_until_the_link_is_revoked(
    sit: Sit,
    stranger: Callable[[], Seat],
    incident: Incident,
    commander: User,
    responder: User,
) -> None:
    join(incident, by=responder)
    maya = sit(commander)
    page = maya.open(f"/incidents/{incident.ref}/")
    page.get_by_role("button", name="Make a link").click()
    address = page.locator("#share-url").input_value()
    page.get_by_role("button", name="Copy").click()
    maya.check_accessible()
    page.locator("#editor").get_by_role("link", name="Done").click()
    expect(page.locator("#sharing")).not_to_contain_text(address)

    guest = stranger()
    shown = guest.open("/s/" + address.partition("/s/")[2])
    expect(shown.locator("[data-live-dot]")).to_have_text("live")
    change_incident(incident, by=commander, blocker="Tunde Okafor waits for the vendor.")
    expect(shown.locator("#exec-head")).to_contain_text("A responder waits for the vendor.")
    assert commander.name not in shown.content()
    guest.check_accessible()
    guest.pictures("guest")

    page.get_by_role("button", name="Revoke the link").click()
    expect(shown.locator("main")).to_contain_text("Nothing here", timeout=45_000)

    # The browser calls where somebody said so, and asks no more.
    expect(page.get_by_role("button", name="Yes, and test it")).to_be_visible()
    page.get_by_role("button", name="Yes, and test it").click()
    expect(page.get_by_role("button", name="Yes, and test it")).to_be_hidden()

    page.locator("#update").get_by_label("What we know").fill("Tunde forgot to add the limit.")
    expect(page.locator("#said-status_text")).to_contain_text("forgot to")
    expect(page.locator("#update-versions")).to_contain_text("Tunde forgot to add the limit.")
