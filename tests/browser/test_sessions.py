"""A session that ends while somebody types, and drafts: nothing lost, nothing stale in silence."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect

from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.browser.conftest import Seat, Sit

pytestmark = pytest.mark.browser
PASSWORD = "a password of some length"


def sign_in_in_a_new_tab(context: BrowserContext, page: Page, person: User) -> None:
    """Follow the dialog's link and come back."""
    person.set_password(PASSWORD)
    person.save()
    with context.expect_page() as opened:
        page.locator("#signed-out").get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.get_by_label("E-mail address").fill(person.email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_label(f"Your menu, {person.name}")).to_be_visible()
    tab.close()


@pytest.fixture
def seated(sit: Sit, incident: Incident, responder: User) -> Seat:
    """The responder in the war room, the line open."""
    join(incident, by=responder)
    seat = sit(responder)
    page = seat.open(f"/incidents/{incident.ref}/")
    expect(page.locator("[data-live-dot]").first).to_have_text("live")
    return seat


def lose_the_session() -> None:
    Session.objects.all().delete()


def test_what_is_sent_without_a_session_goes_out_after_signing_in(
    seated: Seat, incident: Incident, responder: User
) -> None:
    seat, page = seated, seated.page
    page.get_by_label("A new card").fill("Look at the replica")
    lose_the_session()
    page.locator("#quick-card").get_by_role("button", name="Add").click()

    dialog = page.locator("#signed-out")
    expect(dialog).to_contain_text("You are signed out")
    expect(page.get_by_label("A new card")).to_have_value("Look at the replica")
    expect(page.get_by_role("heading", name="Sign in")).to_have_count(0)
    seat.check_accessible()
    seat.picture("signed-out-1440-dark")

    sign_in_in_a_new_tab(seat.context, page, responder)
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-column=next]")).to_contain_text("Look at the replica")
    expect(page.get_by_label("A new card")).to_have_value("")
    assert incident.cards.count() == 1
    expect(page.locator("[data-live-dot]").first).to_have_text("live")


def test_an_editor_that_opens_without_a_session_opens_after_signing_in(
    seated: Seat, responder: User
) -> None:
    seat, page = seated, seated.page
    lose_the_session()
    page.keyboard.press("n")
    expect(page.locator("#signed-out")).to_contain_text("You are signed out")
    expect(page.locator("#editor")).to_be_hidden()
    sign_in_in_a_new_tab(seat.context, page, responder)
    expect(page.locator("#editor")).to_be_visible()


def test_the_page_says_by_itself_that_its_session_ended(seated: Seat) -> None:
    page = seated.page
    page.get_by_label("A new card").fill("Half a thought")
    lose_the_session()
    expect(page.locator("#signed-out")).to_be_visible(timeout=60_000)
    expect(page.get_by_label("A new card")).to_have_value("Half a thought")


def test_nothing_goes_out_for_another_account_and_its_drafts_greet_nobody(
    seated: Seat, incident: Incident, other_responder: User
) -> None:
    join(incident, by=other_responder)
    seat, page = seated, seated.page
    page.get_by_label("A new card").fill("Between us")
    lose_the_session()
    page.locator("#quick-card").get_by_role("button", name="Add").click()
    sign_in_in_a_new_tab(seat.context, page, other_responder)
    expect(page.locator("#signed-out")).to_contain_text("Somebody else is signed in now")
    seat.check_accessible()
    assert incident.cards.count() == 0
    page.get_by_role("link", name="Load the page for them").click()
    expect(page.get_by_label(f"Your menu, {other_responder.name}")).to_be_visible()
    expect(page.get_by_label("A new card")).to_have_value("")
    assert page.evaluate("Object.keys(localStorage).filter(key => /draft/.test(key))") == []


def test_signing_out_takes_the_drafts_along(seated: Seat, responder: User) -> None:
    page = seated.page
    page.get_by_label("A new card").fill("Between us")
    assert page.evaluate("Object.keys(localStorage).filter(key => /draft/.test(key)).length") == 1
    page.get_by_label(f"Your menu, {responder.name}").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter(key => /draft/.test(key))") == []


def test_a_draft_never_lies_over_a_newer_text(
    sit: Sit, incident: Incident, commander: User
) -> None:
    change_incident(incident, by=commander, statement="As it was.")
    seat = sit(commander)
    page = seat.open(f"/incidents/{incident.ref}/miss/")
    broken = page.get_by_label("The miss, in plain words")
    broken.fill("What I typed")
    change_incident(incident, by=commander, statement="Said meanwhile.")

    page.reload()
    expect(broken).to_have_value("Said meanwhile.")
    note = page.locator(".draft-note")
    expect(note).to_have_text(
        re.compile(r"You had typed “What I typed” at \d\d:\d\d; since then the text was changed")
    )
    seat.check_accessible()
    seat.picture("draft-note-1440-dark")
    note.get_by_role("button", name="Take what I typed").click()
    expect(broken).to_have_value("What I typed")
    page.reload()
    expect(broken).to_have_value("What I typed")
    expect(note).to_have_count(0)

    change_incident(incident, by=commander, statement="Said again.")
    page.reload()
    note.get_by_role("button", name="Drop it").click()
    expect(broken).to_have_value("Said again.")
    page.reload()
    expect(broken).to_have_value("Said again.")
    expect(note).to_have_count(0)


#: What proxies answer while the product is away, with and without a line for the browser.
AWAY = [
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
    "<!DOCTYPE html><html><body>Request Entity Too Large</body></html>",
]


@pytest.mark.parametrize("page_of_a_proxy", AWAY)
def test_a_proxys_page_takes_no_forms_place(
    seated: Seat, incident: Incident, page_of_a_proxy: str
) -> None:
    page, room = seated.page, f"**{incident.get_absolute_url()}"
    seated.wrongs.clear()
    for part in ("cards/", "escalations/"):
        page.route(
            room + part,
            lambda route: route.fulfill(
                status=413, body=page_of_a_proxy, headers={"content-type": "text/html"}
            ),
        )
    field = page.locator("#quick-new-title")
    field.fill("Look at the replica")
    field.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Not sent")
    expect(field).to_have_value("Look at the replica")
    page.locator("#toast > *").click()
    page.get_by_role("link", name="Escalate").first.click()
    expect(page.locator("#toast")).to_contain_text("Not opened")
    expect(page.locator("#editor")).not_to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Bad Gateway")
