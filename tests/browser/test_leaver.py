"""Somebody is deactivated while they work: what stops, what they are told, and what stays."""

from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import TimeoutError, expect

from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident, Service
from incidents.roster.actions import assign_role, join
from people.models import User
from tests.browser.conftest import Seat, Sit
from tests.browser.entering import PASSWORD, is_signed_in, sign_in
from tests.incidents.cast import ready, start

pytestmark = pytest.mark.browser

THOUGHT = "Reads are back; orders still fail for large accounts."


@pytest.fixture
def tunde(incident: Incident, commander: User, responder: User, other_responder: User) -> User:
    """In the middle of it: a seat, a card in Now, a note, a service."""
    responder.set_password(PASSWORD)
    responder.save()
    join(incident, by=responder)
    assign_role(incident, by=commander, role="communications", person=responder)
    join(incident, by=other_responder)
    start(ready(incident, responder, "Cap the export query", pair=other_responder), responder)
    add_note(incident, by=responder, text="Large accounts time out at 30 s.")
    Service.objects.create(name="Exports", slug="exports", owner=responder)
    return responder


def answers(site: str, secret: str) -> int:
    """What the API answers to a token."""
    asked = Request(f"{site}/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    try:
        with urlopen(asked, timeout=30) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


def test_somebody_is_deactivated_in_the_middle_of_it(
    site: str,
    sit: Sit,
    stranger: Callable[[], Seat],
    tunde: User,
    incident: Incident,
    admin: User,
    other_responder: User,
    subtests: pytest.Subtests,
) -> None:
    seat, elsewhere, manager = stranger(), sit(other_responder), sit(admin)
    sign_in(seat, tunde.email)
    is_signed_in(seat, tunde.name)

    with subtests.test("they have a program, an open room and half an update"):
        page = seat.open("/preferences/")
        page.get_by_label("What it is for", exact=True).fill("My terminal")
        page.get_by_role("button", name="Make a token").click()
        expect(page.get_by_label("Your new token")).to_be_in_viewport()
        secret = page.get_by_label("Your new token").input_value()
        seat.pictures("preferences-with-a-token")
        assert answers(site, secret) == 200
        page = seat.open(incident.get_absolute_url())
        expect(page.locator("[data-live-dot]").first).to_have_text("live")
        page.get_by_label("What we know").fill(THOUGHT)
        board = elsewhere.open(incident.get_absolute_url())
        expect(board.locator("[data-column=now]")).to_contain_text("Cap the export query")

    with subtests.test("an admin sees what they hold and says who takes it over"):
        people = manager.open("/admin/people/user/")
        people.locator("#result_list tbody tr").filter(has_text=tunde.email).locator(
            ".action-select"
        ).check()
        people.locator("#changelist-form [name=action]").select_option(
            label="Deactivate: no sign-in, no tokens, no nudges"
        )
        people.get_by_role("button", name="Go", exact=True).click()
        held = people.locator(f"#person-{tunde.pk}")
        expect(held).to_contain_text("Cap the export query")
        expect(held).to_contain_text("Exports")
        manager.pictures("leaver-what-they-hold")
        held.get_by_label("Goes to").select_option(label=str(other_responder))
        people.get_by_role("button", name="Deactivate, and hand on what they hold").click()
        expect(people.locator(".messagelist")).to_contain_text("Tunde Okafor was deactivated")
        manager.pictures("leaver-is-gone")

    with subtests.test("their page hears nothing more and says so by itself"):
        said = page.locator("#signed-out")
        expect(said).to_be_visible(timeout=60_000)
        expect(said).to_contain_text("You are signed out")
        expect(page.locator("[data-live-dot]").first).not_to_have_text("live")
        seat.pictures("leaver-is-told")

    with subtests.test("so is what they click next"):
        add = page.locator("#quick-card").get_by_role("button", name="Add")
        for _ in range(10):
            said.get_by_role("button", name="Not now").click()
            page.get_by_label("A new card").fill("Ask the customers")
            try:
                add.click(timeout=5_000)
            except TimeoutError:
                # Whatever else the page asks for by itself opens the dialog first.
                continue
            break
        expect(said).to_be_visible()
        assert not incident.cards.filter(title="Ask the customers").exists()

    with subtests.test("signing in says in words what became of the account"):
        with seat.context.expect_page() as opened:
            said.get_by_role("link", name="Sign in").click()
        tab = opened.value
        tab.get_by_label("E-mail address").fill(tunde.email)
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Sign in", exact=True).click()
        expect(tab.locator("main")).to_contain_text("This account is deactivated")
        tab.screenshot(path="test-artifacts/leaver-deactivated.png")
        assert answers(site, secret) == 401

    with subtests.test("what they held is another's, what they did is still theirs"):
        card = board.locator("[data-column=now]")
        expect(card).to_contain_text("Cap the export query")
        expect(card.get_by_role("img")).to_have_accessible_name(other_responder.name)
        assert Service.objects.get(slug="exports").owner == other_responder
        record = elsewhere.open(f"{incident.get_absolute_url()}timeline/")
        note = record.get_by_text("Large accounts time out at 30 s.")
        expect(note.first).to_be_visible()
        expect(record.locator("main")).to_contain_text("Tunde Okafor")

    with subtests.test("let in again they find their words, and no old token"):
        people.locator("#result_list tbody tr").filter(has_text=tunde.email).locator(
            ".action-select"
        ).check()
        people.locator("#changelist-form [name=action]").select_option(
            label="Let them sign in again"
        )
        people.get_by_role("button", name="Go", exact=True).click()
        expect(people.locator(".messagelist")).to_contain_text("Tunde Okafor may sign in again")
        tab.goto(f"{seat.site}/accounts/login/")
        tab.get_by_label("E-mail address").fill(tunde.email)
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Sign in", exact=True).click()
        expect(tab.get_by_label(f"Your menu, {tunde.name}")).to_be_visible()
        tab.close()
        expect(said).to_be_hidden()
        expect(page.get_by_label("What we know")).to_have_value(THOUGHT)
        expect(page.locator("[data-column=next]")).to_contain_text("Ask the customers")
        assert answers(site, secret) == 401
