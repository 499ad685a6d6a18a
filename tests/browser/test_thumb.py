"""The war room on a phone, between phone and desk, and magnified to twice its size (UX 21)."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from incidents.board.actions import add_card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.line.actions import resume_line, stop_line
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.browser.conftest import Sit
from tests.browser.dragging import lift
from tests.conftest import Clock
from tests.incidents.cast import ready, start
from tests.waiting import until

pytestmark = pytest.mark.browser
NEXT = 12


@pytest.fixture
def long_board(incident: Incident, commander: User, responder: User) -> Incident:
    """Four signals, a card in Now, and more in Next than one sees."""
    join(incident, by=responder)
    write_end_state(incident, by=commander, text="Calls succeed and nothing is lost.")
    change_incident(
        incident,
        by=commander,
        statement="Every customer’s API calls fail about three times in four, since 02:31",
    )
    for name in ("API error rate", "Database CPU", "Rows lost", "Support queue"):
        signal = add_signal(incident, by=commander, name=name, comparator="<=", target=60, unit="%")
        record_samples(signal.pk, by=commander, samples=[(12.4, None)], by_hand=True)
    for number in range(NEXT):
        add_card(incident, by=responder, title=f"Step {number}", column="next", serves="end_state")
    start(ready(incident, responder, "Look at the replica"), responder)
    return incident


def top_of(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["y"]


def wide(page: Page) -> int:
    over: int = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    return over


def test_on_a_phone_the_sentence_comes_first_and_the_actions_stand_at_the_thumb(
    sit: Sit,
    long_board: Incident,
    commander: User,
    responder: User,
    clock: Clock,
    subtests: pytest.Subtests,
) -> None:
    seat = sit(responder, width=360, height=780, touch=True)
    page = seat.open(long_board.get_absolute_url())
    acts, blue = page.locator(".acts"), page.locator(".acts .primary:visible")

    with subtests.test("the work begins at most 190 px down"):
        assert top_of(page, "#board") <= 190
        assert top_of(page, "h1.miss") < top_of(page, ".signals") < top_of(page, ".tabs")

    with subtests.test("losing the connection moves nothing"):
        expect(page.locator("body")).to_have_attribute("data-live", "live")
        live = top_of(page, "#board")
        for words in ("reconnecting", "offline since 10:44"):
            page.evaluate(
                "words => { document.querySelector('.pinned .live').textContent = words }", words
            )
            assert top_of(page, "#board") == live, words
            assert wide(page) <= 0, words
            seat.picture(f"thumb-{words.split()[0]}-360")
        page.reload()

    with subtests.test("the actions stand at the lower edge, one of them blue"):
        box = acts.bounding_box()
        assert box and box["y"] + box["height"] == 780 and box["height"] <= 72
        expect(acts.locator("summary:visible, .button:visible")).to_contain_text(
            ["Escalate", "Stop", "More", "Finish mine"]
        )
        expect(blue).to_have_text(["Finish mine"])

    with subtests.test("a long column folds"):
        expect(page.locator("[data-column=next] .card:visible")).to_have_count(8)
        page.get_by_text(f"and {NEXT - 8} more").click()
        expect(page.locator("[data-column=next] .card:visible")).to_have_count(NEXT)

    with subtests.test("one tap on the bar shows the end state and the rest"):
        expect(page.locator(".goal-text")).to_be_hidden()
        page.get_by_label("The end state and the rest").click()
        expect(page.locator(".goal-text")).to_be_visible()
        page.get_by_label("The end state and the rest").click()

    with subtests.test("each tab starts right under the bar and fits"):
        for tab, part in {
            "update": "#update",
            "timeline": "#timeline",
            "people": "#roster",
            "board": "#board",
        }.items():
            page.evaluate("scrollTo(0, 600)")
            page.locator(f".tabs label:has([value={tab}])").click()
            expect(page.locator(part)).to_be_visible()
            assert wide(page) <= 0, tab
            seat.picture(f"thumb-{tab}-360")

    with subtests.test("in its tab the blue button publishes"):
        page.locator(".tabs label:has([value=update])").click()
        expect(blue).to_have_text(["Publish"])
        page.locator(".tabs label:has([value=board])").click()

    with subtests.test("stopping moves nothing, and Stop becomes Resume where it was"):
        page.evaluate("scrollTo(0, 0)")
        before, place = top_of(page, "#board"), acts.get_by_role("link", name="Stop").bounding_box()
        stop_line(long_board, by=commander, reason="A second region fails")
        resume = acts.get_by_role("link", name="Resume")
        expect(resume).to_be_visible()
        now = resume.bounding_box()
        assert place and now and abs(place["x"] - now["x"]) <= 1
        expect(page.locator("#banner")).to_contain_text("A second region fails")
        assert abs(top_of(page, "#board") - before) <= 4
        seat.picture("thumb-stopped-360")

    with subtests.test("an overdue update is the one blue thing"):
        clock.advance(minutes=16)
        page.reload()
        expect(blue).to_have_text(["Write it now"])
        blue.click()
        expect(page.locator("#update-status_text")).to_be_focused()
        seat.check_accessible()


LAID = """() => [".figures", "#told", "#still"].map((one) => {
  const { left, right, top } = document.querySelector(one).getBoundingClientRect();
  return { left, right, top };
})"""


def test_once_it_is_over_the_blue_button_on_a_phone_opens_the_review(
    sit: Sit, incident: Incident, commander: User
) -> None:
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    page = sit(commander, width=360, height=780, touch=True).open(incident.get_absolute_url())
    for tab in ("update", "board"):
        page.locator(f".tabs label:has([value={tab}])").click()
        expect(page.locator(".acts .primary:visible")).to_have_text(["Open the review"])
    # At a desk the figures stand over both columns.
    page.set_viewport_size({"width": 1440, "height": 900})
    figures, told, still = page.evaluate(LAID)
    assert (figures["left"], figures["right"]) == (told["left"], still["right"])
    assert figures["top"] < told["top"] == still["top"]


def test_between_phone_and_desk_and_magnified_the_work_has_two_thirds_of_the_height(
    sit: Sit, long_board: Incident, responder: User, subtests: pytest.Subtests
) -> None:
    seat = sit(responder, width=768, height=1024)
    page = seat.open(long_board.get_absolute_url())
    for width, height in ((768, 1024), (720, 450)):
        with subtests.test(f"{width} × {height}"):
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("scrollTo(0, 0)")
            expect(page.locator("#update")).to_be_hidden()
            # On a slow machine a banner says that the page does not hear yet.
            until(lambda: top_of(page, ".acts") - top_of(page, "#board") >= height * 0.6)  # noqa: B023
            lower = top_of(page, ".acts")
            page.evaluate("scrollTo(0, 900)")
            bar = page.locator(".over-room, .pinned-top").evaluate_all(
                "bars => Math.max(...bars.map(bar => bar.getBoundingClientRect().bottom))"
            )
            assert lower - bar >= height * 2 / 3
            assert wide(page) <= 0
            seat.picture(f"room-magnified-{width}")
    with subtests.test("a desk has no tabs and no thumb bar"):
        page.set_viewport_size({"width": 1440, "height": 900})
        expect(page.locator(".tabs")).to_be_hidden()
        expect(page.locator("#update")).to_be_visible()
        row = [
            page.locator(f".acts {part}").bounding_box() for part in (".wide >> nth=0", ".stops")
        ]
        assert all(upper and lower and upper["y"] == lower["y"] for upper, lower in pairwise(row))


def test_a_held_card_scrolls_the_page_at_its_edge(
    sit: Sit, long_board: Incident, responder: User
) -> None:
    page = sit(responder, height=600).open(long_board.get_absolute_url())
    card = long_board.cards.get(title="Step 3")
    page.locator(f"#card-{card.pk}").scroll_into_view_if_needed()
    lift(page, card)
    before = page.evaluate("scrollY")
    page.mouse.move(700, 590, steps=4)
    until(lambda: page.evaluate("scrollY") > before + 100)
    page.mouse.move(700, 10, steps=4)
    until(lambda: page.evaluate("scrollY") < before)
    page.keyboard.press("Escape")
    page.mouse.up()


def test_a_desk_has_its_banner_over_the_room_and_what_is_typed_stays_where_it_is(
    sit: Sit, long_board: Incident, commander: User, responder: User
) -> None:
    page = sit(responder).open(long_board.get_absolute_url())
    field = page.get_by_label("What we know")
    field.fill("Half a sentence")
    note = page.get_by_role("link", name="Note")
    before, beside = top_of(page, "#update-status_text"), note.bounding_box()
    stop_line(long_board, by=commander, reason="A second region fails")
    expect(page.locator("#banner")).to_contain_text("A second region fails")
    expect(page.locator(".acts").get_by_role("link", name="Resume the line")).to_be_visible()
    assert abs(top_of(page, "#update-status_text") - before) <= 1
    after = note.bounding_box()
    assert beside and after and abs(after["x"] - beside["x"]) <= 1
    resume_line(long_board, by=commander, reason="It was the probe")
    expect(page.locator("#banner")).not_to_contain_text("A second region fails")
    assert abs(top_of(page, "#update-status_text") - before) <= 1
    expect(field).to_be_focused()
