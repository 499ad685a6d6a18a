"""The war room in Chromium: two people on one incident, from the declaration to the all-clear."""

import pytest
from playwright.sync_api import Page, expect

from incidents.board.actions import change_card, move_card
from incidents.cards.models import Card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.updates.questions import ask_question
from people.models import User
from tests.browser.conftest import Sit
from tests.conftest import Clock
from tests.incidents.cast import ready

pytestmark = pytest.mark.browser


def room(incident: Incident) -> str:
    return f"/incidents/{incident.ref}/"


def fill(page: Page, label: str, text: str, *, inside: str = "#editor") -> None:
    field = page.locator(inside).get_by_label(label, exact=True)
    field.fill(text)
    expect(field).to_have_value(text)


def test_an_incident_from_declaration_to_all_clear(
    sit: Sit,
    commander: User,
    responder: User,
    stakeholder: User,
    clock: Clock,
    subtests: pytest.Subtests,
) -> None:
    with subtests.test("the incident is declared with a key"):
        maya, tunde = sit(commander), sit(responder, scheme="light")
        page = maya.open("/")
        page.keyboard.press("d")
        page.get_by_label("What is broken?").fill("API calls fail")
        page.keyboard.press("Enter")
        page.wait_for_url("**/incidents/INC-*/")
        incident = Incident.objects.get()
        assert (incident.title, incident.severity) == ("API calls fail", "sev1")

    with subtests.test("somebody joins"):
        other = tunde.open(room(incident))
        other.get_by_role("button", name="Join", exact=True).click()
        expect(page.locator("#roster")).to_contain_text("Tunde Okafor")
        expect(other.get_by_role("button", name="Join", exact=True)).to_be_hidden()

    with subtests.test("the miss is said in plain words"):
        page.locator("#incident-menu summary").click()
        page.get_by_role("link", name="The miss and the blocker").click()
        fill(page, "The miss, in plain words", "Three in four API calls fail since 02:31")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#editor")).to_be_hidden()
        expect(other.locator("h1.miss")).to_have_text("Three in four API calls fail since 02:31")

    with subtests.test("a card is added with a key"):
        other.keyboard.press("c")
        other.keyboard.type("Cap the export query")
        other.keyboard.press("Enter")
        expect(page.locator("[data-column=next]")).to_contain_text("Cap the export query")

    with subtests.test("an update is published"):
        page.keyboard.press("u")
        expect(page.get_by_label("What we know")).to_be_focused()
        fill(page, "What we know", "Reads are back, orders still fail.", inside="#update")
        page.get_by_role("button", name="Preview both versions").click()
        expect(page.locator("#editor")).to_contain_text("Reads are back, orders still fail.")
        page.locator("#editor").get_by_role("button", name="Publish").click()
        expect(other.locator("#latest")).to_contain_text("Update 1")
        assert incident.updates.get().executive_summary == "Reads are back, orders still fail."

    with subtests.test("a promise that is not kept turns red"):
        expect(page.locator("#banner .banner:not(.is-warn)")).to_be_hidden()
        clock.advance(minutes=16)
        expect(page.locator("#banner .banner:not(.is-warn)")).to_be_visible(timeout=25_000)
        expect(page.locator("#banner")).to_contain_text("Update overdue since")
        expect(page.locator(".promise.wide[data-late-scope]")).to_contain_text("Overdue by")
        maya.picture("room-overdue-1440-dark")

    with subtests.test("the next update ends it"):
        page.get_by_role("link", name="Write it now").click()
        fill(page, "What we know", "All calls succeed again.", inside="#update")
        page.locator("#update").get_by_role("button", name="Publish").click()
        expect(page.locator("#banner .banner:not(.is-warn)")).to_be_hidden()
        expect(other.locator("#latest")).to_contain_text("Update 2")

    with subtests.test("the all-clear waits for the end state"):
        page.keyboard.press("r")
        page.locator("#edit-to").select_option("resolved")
        fill(page, "All clear: what happened and that it is over", "All calls succeed. It is over.")
        page.get_by_role("button", name="Change").click()
        expect(page.locator("#edit-form .refusal")).to_contain_text("The end state is not met")
        expect(page.get_by_label("All clear: what happened")).to_have_value(
            "All calls succeed. It is over."
        )
        page.get_by_label("If the end state is not met").fill("No metric yet; checked by hand.")
        page.get_by_role("button", name="Change").click()
        expect(page.locator("#editor")).to_be_hidden()
        expect(other.locator(".steps [aria-current]")).to_have_text("Resolved")

    with subtests.test("the stakeholder reads it, and every page can be read by all"):
        ingrid = sit(stakeholder, width=360, height=780)
        told = ingrid.open(f"/stakeholders/{incident.ref}/")
        expect(told.locator("main")).to_contain_text("All calls succeed. It is over.")
        for seat in (maya, tunde, ingrid):
            seat.check_accessible()


def test_what_one_does_never_takes_what_the_other_types(
    sit: Sit, incident: Incident, commander: User, responder: User
) -> None:
    cards = [ready(incident, responder, f"Step {number}") for number in range(12)]
    seat = sit(commander, height=600)
    page = seat.open(room(incident))
    page.get_by_label("What we know").fill("Half a sentence")
    page.evaluate("window.scrollTo(0, 300)")
    page.get_by_label("Hypothesis").focus()
    page.wait_for_timeout(500)  # the browser brings the focused field into view first
    place = "document.activeElement.getBoundingClientRect().top"
    top = page.evaluate(place)
    page.locator("#incident-menu summary").evaluate("menu => { menu.parentElement.open = true }")

    change_incident(incident, by=responder, blocker="Connections run out.")
    move_card(cards[0].pk, by=responder, to="now", version=cards[0].version)
    expect(page.locator("#impact")).to_contain_text("Connections run out.")
    expect(page.locator("[data-column=now]")).to_contain_text("Step 0")

    expect(page.get_by_label("What we know")).to_have_value("Half a sentence")
    expect(page.get_by_label("Hypothesis")).to_be_focused()
    # What the person looks at stays where it is, whatever grew above it.
    assert abs(page.evaluate(place) - top) <= 2
    assert page.locator("#incident-menu").evaluate("menu => menu.open")

    page.evaluate("window.scrollTo(0, 0)")
    page.locator(f"#card-{cards[1].pk} h3 a").click()
    page.get_by_label("What is done").fill("Step 1, reworded")
    add_note(incident, by=responder, text="The dialog stays open")
    expect(page.locator("#timeline")).to_contain_text("The dialog stays open")
    expect(page.locator("#editor")).to_be_visible()
    expect(page.get_by_label("What is done")).to_have_value("Step 1, reworded")
    page.reload()
    expect(page.get_by_label("What we know")).to_have_value("Half a sentence")


def test_a_stale_card_shows_both_and_keeps_the_typed_one(
    sit: Sit, incident: Incident, commander: User, responder: User
) -> None:
    card = ready(incident, responder)
    page = sit(commander).open(room(incident))
    page.locator(f"#card-{card.pk} h3 a").click()
    page.get_by_label("What is done").fill("Cap the query at 5 000 rows")
    change_card(card.pk, by=responder, version=card.version, title="Cap the query behind its flag")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#edit-form .refusal")).to_contain_text("It changed meanwhile")
    expect(page.locator("#card-as-it-is")).to_contain_text("Cap the query behind its flag")
    expect(page.get_by_label("What is done")).to_have_value("Cap the query at 5 000 rows")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#editor")).to_be_hidden()
    card.refresh_from_db()
    assert card.title == "Cap the query at 5 000 rows"


def test_a_double_click_does_one_thing(sit: Sit, incident: Incident, responder: User) -> None:
    page = sit(responder).open(room(incident))
    page.get_by_label("A new card").fill("Only once")
    page.locator("#quick-card").get_by_role("button", name="Add").dblclick()
    expect(page.locator("[data-column=next]")).to_contain_text("Only once")
    page.wait_for_timeout(400)
    assert Card.objects.filter(title="Only once").count() == 1
    expect(page.get_by_label("A new card")).to_have_value("")


def test_the_palette_reaches_actions_and_incidents(
    sit: Sit, incident: Incident, responder: User
) -> None:
    ready(incident, responder)
    seat = sit(responder)
    page = seat.open("/")
    page.keyboard.press("Control+k")
    page.keyboard.type(incident.ref)
    expect(page.locator("#palette-list li")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{room(incident)}")
    page.keyboard.press("?")
    expect(page.locator("#palette")).to_contain_text("Write a new card")
    found = page.locator("#palette-list li")
    for words in (
        "Maya Köhler, Commander",
        "Card: Cap the query",
        "Notifications",
        "Preferences",
        "Sign out",
        "Insights",
    ):
        page.get_by_role("combobox", name="Find an action or incident").fill(words)
        expect(found.filter(has_text=words)).to_have_count(1)
    page.get_by_role("combobox", name="Find an action or incident").fill("")
    keys = page.locator("#palette table.keys td, #palette table.keys th").all_inner_texts()
    assert {"declare", "a card", "an update", "a note", "escalate", "the status"} <= set(keys)
    seat.check_accessible()
    seat.picture("palette-1440-dark")
    page.keyboard.press("Escape")
    page.locator("body").press("d")
    expect(page.locator("#editor")).to_contain_text("Declare an incident")
    seat.check_accessible()
    page.keyboard.press("Escape")
    expect(page.locator("#editor")).to_be_hidden()
    page.evaluate("localStorage.clear()")
    page.get_by_label("Single keys are on").evaluate("box => { box.click() }")
    page.locator("body").press("d")
    page.wait_for_timeout(300)
    expect(page.locator("#editor")).to_be_hidden()


def test_the_theme_sticks(sit: Sit, incident: Incident, responder: User) -> None:
    page = sit(responder).open("/")
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Light", exact=True).click()
    page.goto(page.url)
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(246, 245, 242)"


def test_a_lost_connection_keeps_what_was_typed_and_says_so(
    sit: Sit, incident: Incident, responder: User
) -> None:
    page = sit(responder).open(room(incident))
    page.get_by_label("A new card").fill("Typed on a train")
    page.route("**/cards/", lambda route: route.abort())
    page.locator("#quick-card").get_by_role("button", name="Add").click()
    expect(page.locator("#toast")).to_contain_text("What you typed is kept")
    expect(page.get_by_label("A new card")).to_have_value("Typed on a train")
    page.unroute("**/cards/")
    page.locator("#quick-card").get_by_role("button", name="Add").click()
    expect(page.locator("[data-column=next]")).to_contain_text("Typed on a train")
    expect(page.locator("#toast")).to_be_empty()


SIZES = [(1440, 900), (768, 1024), (360, 780)]


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_pages_fit_and_are_accessible(
    sit: Sit,
    incident: Incident,
    commander: User,
    responder: User,
    stakeholder: User,
    width: int,
    height: int,
    scheme: str,
) -> None:
    card = ready(incident, responder)
    move_card(card.pk, by=responder, to="now", version=card.version)
    ready(incident, responder, "Then drain the retries")
    write_end_state(incident, by=commander, text="Calls succeed and nothing is lost.")
    signal = add_signal(
        incident, by=commander, name="Error rate", comparator="<=", target=1.0, unit="%"
    )
    record_samples(signal.pk, by=commander, samples=[(74.0, None)], by_hand=True)
    add_impact(
        incident,
        by=commander,
        journey="Order placement",
        blocked="every partner",
        amount=1950,
        unit="failed orders",
        per_minute=450,
    )
    ask_question(incident, by=stakeholder, text="Is any customer data exposed?")
    seat = sit(commander, width=width, height=height, scheme=scheme, touch=width < 500)
    for name, path in {
        "room": room(incident),
        "home": "/",
        "list": "/incidents/",
        "timeline": f"{room(incident)}timeline/",
        "declare": "/incidents/new/",
        "card": f"{room(incident)}cards/{card.pk}/",
        "status": f"{room(incident)}status/",
    }.items():
        page = seat.open(path)
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        seat.check()
        seat.check_accessible()
        seat.picture(f"{name}-{width}-{scheme}")
    if width < 500:
        page = seat.open(room(incident))
        for tab in ("update", "timeline", "people"):
            page.locator(f".tabs label:has([value={tab}])").click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
            seat.picture(f"room-{tab}-{width}-{scheme}")
        expect(page.locator("#roster")).to_be_visible()
        expect(page.locator("#board")).to_be_hidden()


def test_an_update_published_meanwhile_is_never_overwritten_and_nothing_typed_is_lost(
    sit: Sit, incident: Incident, commander: User, responder: User, stakeholder: User
) -> None:
    question = ask_question(incident, by=stakeholder, text="Is data lost?")
    page = sit(commander).open(room(incident))
    other = sit(responder, scheme="light").open(room(incident))
    fill(page, "What we know", "Reads are back.", inside="#update")
    # It came to the top of Next since the page was opened, and is the next move.
    ready(incident, responder, "Then drain the retries")

    fill(other, "The miss, in plain words", "Orders fail.", inside="#update")
    fill(other, "What we know", "Orders fail one time in three.", inside="#update")
    other.locator("#update").get_by_label("Ingrid Vale: “Is data lost?”", exact=True).check()
    fill(other, "The answer, in a line", "No, none.", inside="#update")
    other.get_by_role("button", name="Preview both versions").click()
    expect(other.locator("#editor")).to_contain_text("No, none.")
    expect(other.locator("#editor")).to_contain_text("Then drain the retries")
    expect(other.locator("#editor")).not_to_contain_text("No next move is known yet")
    other.locator("#editor").get_by_role("button", name="Publish").click()
    expect(other.locator("#latest")).to_contain_text("Orders fail one time in three.")

    # Whoever had typed keeps it and is told; the next one starts from what stands now.
    expect(page.locator("[data-meanwhile]")).to_be_visible()
    expect(page.locator("#update").get_by_label("What we know")).to_have_value("Reads are back.")
    page.locator("#update").get_by_role("button", name="Publish").click()
    expect(page.locator("#theirs-status_text")).to_contain_text("Orders fail one time in three.")
    expect(page.locator("#update").get_by_label("What we know")).to_have_value("Reads are back.")
    assert incident.updates.count() == 1
    page.locator("#update").get_by_role("button", name="Publish").click()
    expect(page.locator("#latest")).to_contain_text("Update 2")

    # Whoever had not touched the composer has the newest one.
    expect(other.locator("#update")).to_contain_text("Post update 3")
    expect(other.locator("#update").get_by_label("What we know")).to_have_value("Reads are back.")
    question.refresh_from_db()
    assert question.answer == "No, none."
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    expect(other.locator("#update")).to_be_hidden()
