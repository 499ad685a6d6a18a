"""Sheets that ask what is missing and nothing else, with the keyboard alone (UX 18)."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from clock.queries import now
from incidents.board.actions import move_card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.obligations.actions import start_obligation
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.browser.conftest import Sit
from tests.incidents.cast import ready, start
from tests.waiting import until

pytestmark = pytest.mark.browser
FOCUSED = "document.activeElement.getAttribute('name') ?? document.activeElement.textContent.trim()"
LAST = """() => {
  const form = document.querySelector("#editor-body form");
  const parts = [...form.querySelectorAll("a[href], button, input, select, textarea")];
  return parts.filter((part) => part.checkVisibility()).at(-1).getAttribute("aria-label") ?? "";
}"""


@pytest.fixture
def at_work(incident: Incident, commander: User, responder: User) -> Incident:
    """An end state with a signal that is met, and a responder with a card in Now."""
    join(incident, by=responder)
    write_end_state(incident, by=commander, text="Calls succeed and nothing is lost.")
    signal = add_signal(incident, by=commander, name="Errors", comparator="<=", target=1, unit="%")
    record_samples(signal.pk, by=commander, samples=[(0.2, None)], by_hand=True)
    start(ready(incident, responder, "Look at the replica"), responder)
    ready(incident, responder, "Then drain the retries")
    return incident


def opened(page: Page, key: str) -> None:
    page.locator("body").press(key)
    expect(page.locator("#editor")).to_be_visible()


def test_every_editor_opens_where_something_is_missing_and_ends_with_its_cross(
    sit: Sit, at_work: Incident, commander: User
) -> None:
    page = sit(commander, height=1200).open(at_work.get_absolute_url())
    paths = page.locator("main a[data-dialog]").evaluate_all(
        "links => [...new Set(links.map(link => link.getAttribute('href')))]"
    )
    assert len(paths) >= 18
    wrong = []
    for path in paths:
        link = page.locator(f'main a[data-dialog][href="{path}"]').first
        link.evaluate("link => link.click()")
        expect(page.locator("#editor-body > *")).to_have_count(1)
        focused = page.evaluate(FOCUSED)
        if page.locator("#editor:modal").count() and (
            page.evaluate(LAST) != "Close" or focused in ("✕", "Cancel", "")
        ):
            wrong.append((path, focused, page.evaluate(LAST)))
        page.evaluate("document.getElementById('editor').close()")
        expect(page.locator("#editor-body > *")).to_have_count(0)
    assert wrong == []


def test_finishing_asks_the_proof_only_and_one_enter_does_it(
    sit: Sit, at_work: Incident, responder: User, subtests: pytest.Subtests
) -> None:
    seat = sit(responder)
    page = seat.open(at_work.get_absolute_url())
    card = at_work.cards.get(title="Look at the replica")
    sheet = page.locator("#edit-form")
    with subtests.test(
        "finish: one field, which has the caret; what was expected stands beside it"
    ):
        page.locator(f"#card-{card.pk}").focus()
        page.keyboard.press("3")
        expect(sheet).to_contain_text("Done needs proof")
        expect(sheet.locator("input:visible, select:visible, textarea:visible")).to_have_count(1)
        expect(sheet.get_by_label("What do we see?")).to_be_focused()
        expect(sheet).to_contain_text("Expected: error rate under 5 %")
        seat.check_accessible()
        seat.picture("sheet-finish-1440-dark")
    with subtests.test("a bare word is refused inside, with the caret in the field"):
        page.keyboard.type("done")
        with page.expect_response("**/cards/**"):
            page.keyboard.press("Enter")
        expect(sheet.locator(".refusal")).to_be_visible()
        expect(sheet.get_by_label("What do we see?")).to_be_focused()
        expect(sheet.get_by_label("What do we see?")).to_have_value("done")
    with subtests.test("one Enter does it"):
        sheet.get_by_label("What do we see?").fill("error rate at 0.2 %")
        page.keyboard.press("Enter")
        expect(page.locator(f"[data-column=done] #card-{card.pk}")).to_be_visible()
    with subtests.test("the next card starts with a key, and Undo takes it back"):
        other = at_work.cards.get(title="Then drain the retries")
        page.locator(f"#card-{other.pk}").focus()
        page.keyboard.press("1")
        expect(page.locator(f"[data-column=now] #card-{other.pk}")).to_be_visible()
        page.locator("#toast").get_by_role("button", name="Undo").click()
        expect(page.locator(f"[data-column=next] #card-{other.pk}")).to_be_visible()


#: So many milliseconds after it was offered: an animation ends the offer, and this sets its clock.
AFTER = """(offer, ms) => {
  const [ends] = offer.getAnimations();
  ends.pause();
  ends.currentTime = ms;
}"""


def test_a_swap_is_taken_back_whole_within_ten_seconds_and_not_later(
    sit: Sit, at_work: Incident, responder: User
) -> None:
    page = sit(responder).open(at_work.get_absolute_url())
    now, other = (at_work.cards.get(title=title) for title in TITLES)
    offer = page.locator("#toast .is-undo")
    undo = offer.get_by_role("button", name="Undo")

    def swap() -> None:
        page.locator(f"#card-{other.pk}").focus()
        page.keyboard.press("1")
        page.locator("#edit-form").get_by_role("button", name="Park “Look at the replica”").click()
        expect(page.locator(f"[data-column=now] #card-{other.pk}")).to_be_visible()

    swap()
    offer.evaluate(AFTER, 9_990)
    undo.click()
    expect(page.locator(f"[data-column=now] #card-{now.pk}")).to_be_visible()
    expect(page.locator(f"[data-column=next] #card-{other.pk}")).to_be_visible()
    swap()
    offer.evaluate(AFTER, 9_990)
    expect(undo).to_be_visible()
    offer.evaluate(AFTER, 10_010)
    expect(offer).to_be_hidden()
    expect(undo).to_be_hidden()


TITLES = ("Look at the replica", "Then drain the retries")


def test_resolving_shows_the_signals_and_the_all_clear_on_choosing_it(
    sit: Sit, at_work: Incident, commander: User
) -> None:
    seat = sit(commander)
    page = seat.open(at_work.get_absolute_url())
    opened(page, "r")
    sheet = page.locator("#edit-form")
    expect(sheet.locator("select:visible")).to_be_focused()
    expect(sheet.get_by_label("All clear: what happened")).to_be_hidden()
    sheet.locator("#edit-to").select_option("resolved")
    expect(sheet.get_by_label("All clear: what happened")).to_be_visible()
    expect(sheet.get_by_label("How the end state stands")).to_contain_text("Errors 0.2 %")
    expect(sheet.get_by_label("How the end state stands")).to_contain_text("◔ holding")
    seat.check_accessible()
    seat.picture("sheet-resolve-1440-dark")
    sheet.locator("#edit-to").select_option("identified")
    sheet.locator("#edit-to").press("Enter")
    expect(page.locator(".steps [aria-current]")).to_have_text("Identified")


def test_escape_leaves_the_quick_field_to_the_board(
    sit: Sit, at_work: Incident, responder: User
) -> None:
    page = sit(responder).open(at_work.get_absolute_url())
    page.locator("body").press("c")
    expect(page.get_by_label("A new card")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("A new card")).not_to_be_focused()
    page.keyboard.press("ArrowDown")
    card = at_work.cards.get(title=TITLES[0])
    expect(page.locator(f"#card-{card.pk}")).to_be_focused()


def test_what_does_not_arrive_is_said_inside_the_dialog(
    sit: Sit, at_work: Incident, responder: User
) -> None:
    page = sit(responder).open(at_work.get_absolute_url())
    opened(page, "n")
    said = page.locator("#editor")
    said.get_by_label("What happened").fill("The replica is behind")
    waiting: list[object] = []
    page.route("**/notes/", lambda route: waiting.append(route))
    said.locator("button.primary").click()
    expect(said).to_contain_text("Still sending… What you typed is kept.")
    until(lambda: bool(waiting))
    waiting[0].abort()  # type: ignore[attr-defined]
    expect(said).to_contain_text("Not sent")
    expect(said).not_to_contain_text("Still sending")
    expect(said.get_by_label("What happened")).to_have_value("The replica is behind")
    page.unroute_all()
    said.locator("button.primary").click()
    expect(page.locator("#timeline")).to_contain_text("The replica is behind")


def test_p33_parking_instead_is_one_click(sit: Sit, at_work: Incident, responder: User) -> None:
    card = at_work.cards.get(title=TITLES[0])
    page = sit(responder).open(at_work.get_absolute_url())
    page.locator(f"#card-{card.pk}").get_by_role("link", name="Finish").click()
    expect(page.get_by_label("What do we see?")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("#edit-form").get_by_role("button", name="Park it instead").click()
    expect(page.locator("#editor")).to_be_hidden()
    card.refresh_from_db()
    assert card.column == "parked"
    assert move_card(card.pk, by=responder, to="now", version=card.version).column == "now"


def test_a_choice_unfolds_what_it_asks_for(sit: Sit, at_work: Incident, commander: User) -> None:
    (owed,) = start_obligation(
        at_work,
        by=commander,
        name="Early warning",
        owner=commander,
        aware_at=now(),
        due_at=now() + timedelta(days=1),
    )
    page = sit(commander).open(f"{at_work.get_absolute_url()}triage/")
    raised, words = page.get_by_label("Raise it to"), page.get_by_label("In a line")
    expect(words).to_be_visible()
    expect(raised).to_be_hidden()
    page.get_by_label("Widen").check()
    expect(raised).to_be_visible()
    expect(words).to_be_hidden()
    page.goto(page.url.removesuffix("triage/"))
    page.locator(f"#obligation-{owed.pk} a").click()
    sheet = page.locator("#edit-form")
    reference = sheet.get_by_label("Reference of the filing")
    reason = sheet.get_by_label("Why it does not apply")
    expect(reference).to_be_visible()
    expect(reason).to_be_hidden()
    sheet.get_by_label("does not apply", exact=True).check()
    expect(reference).to_be_hidden()
    reason.fill("Nobody’s data was touched")
    sheet.get_by_role("button", name="Settle").click()
    expect(page.locator("#obligations")).to_contain_text(
        "does not apply: Nobody’s data was touched"
    )


def test_an_editor_on_a_page_of_its_own_keeps_its_words_and_leads_back_once_it_is_done(
    sit: Sit, incident: Incident, commander: User
) -> None:
    room = incident.get_absolute_url()
    page = sit(commander).open(f"{room}links/")
    page.get_by_label("Chat").fill("no address at all")
    page.locator("main").get_by_role("button", name="Save").click()
    expect(page.locator("main [aria-invalid=true]")).to_have_value("no address at all")
    page.get_by_label("Chat").fill("https://chat.example/incidents")
    page.locator("main").get_by_role("button", name="Save").click()
    page.wait_for_url(f"**{room}")
    expect(page.locator(".messages")).not_to_be_empty()
    expect(page.locator("#details")).to_contain_text("Chat")
