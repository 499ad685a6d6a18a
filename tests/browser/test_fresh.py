"""Nothing on the page is stale in silence (UX 17): what is not live knows what it was made from."""

import re

import pytest
from playwright.sync_api import Page, expect

from incidents.board.actions import change_card
from incidents.cards.models import Card
from incidents.endstate.signals import add_signal, change_signal, record_samples, remove_signal
from incidents.lifecycle.actions import change_status
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from people.models import User
from postmortems.items.actions import change_item
from postmortems.items.models import ActionItem
from tests.browser.conftest import Seat, Sit
from tests.incidents.cast import ready, start
from tests.postmortems.conftest import agreed, asked, item, monday, resolved, review

__all__ = ["agreed", "asked", "item", "monday", "resolved", "review"]

pytestmark = pytest.mark.browser


@pytest.fixture
def card(incident: Incident, responder: User) -> Card:
    """A step of the responder in Now, on an incident with a signal that is met."""
    join(incident, by=responder)
    signal = add_signal(incident, by=responder, name="Errors", comparator="<=", target=1, hold_s=0)
    record_samples(signal.pk, by=responder, samples=[(0.2, None)], by_hand=True)
    return start(ready(incident, responder, "Look at the replica"), responder)


def sheet(seat: Seat, incident: Incident, path: str) -> Page:
    """The room with that sheet open, as a click on its link opens it."""
    page = seat.open(incident.get_absolute_url())
    page.evaluate(
        "path => htmx.ajax('GET', path, { target: '#editor-body', swap: 'innerHTML' })",
        f"{incident.get_absolute_url()}{path}",
    )
    expect(page.locator("#editor-body form").first).to_be_visible()
    return page


def test_an_open_sheet_that_nobody_touched_shows_what_others_changed_and_keeps_the_caret(
    sit: Sit,
    incident: Incident,
    card: Card,
    commander: User,
    responder: User,
    subtests: pytest.Subtests,
) -> None:
    seat = sit(commander)
    editor = seat.page.locator("#editor")
    with subtests.test("status: the steps, and how the signals stand"):
        page = sheet(seat, incident, "status/?to=resolved")
        expect(editor).to_contain_text("✓ met")
        focused = page.evaluate("document.activeElement.name")
        signal = incident.signals.get()
        record_samples(signal.pk, by=responder, samples=[(9.0, None)], by_hand=True)
        expect(editor).to_contain_text("✕ not met")
        assert page.evaluate("document.activeElement.name") == focused
        page.locator("#edit-to").select_option("resolved")
    with subtests.test("a signal's editor"):
        page = sheet(seat, incident, f"signals/{signal.pk}/?edit=1")
        change_signal(signal.pk, by=responder, target=3.0)
        expect(page.get_by_label("Target")).to_have_value("3")
    with subtests.test("seats: what the next commander needs to know"):
        page = sheet(seat, incident, "roles/?role=commander")
        add_signal(incident, by=responder, name="Orders", comparator=">=", target=50)
        expect(page.get_by_label("Hand-over note")).to_have_value(re.compile("Orders no data"))
    with subtests.test("finishing and moving: the card as it is"):
        page = sheet(seat, incident, f"cards/{card.pk}/?to=done")
        changed = change_card(
            card.pk, by=responder, version=card.version, title="Look at both replicas"
        )
        expect(editor).to_contain_text("Look at both replicas")
        page.get_by_label("What do we see?").fill("Both follow.")
        page.get_by_label("What do we see?").press("Enter")
        expect(editor).to_be_hidden()
        changed.refresh_from_db()
        assert (changed.column, changed.proof) == ("done", "Both follow.")


def test_what_is_typed_in_an_open_sheet_stays_and_is_refused_once_with_what_changed(
    sit: Sit, incident: Incident, card: Card, commander: User, responder: User
) -> None:
    seat = sit(commander)
    page = sheet(seat, incident, "roles/?role=scribe")
    note = page.get_by_label("Hand-over note")
    note.fill("You go on with the notes.")
    assign_role(incident, by=responder, role="scribe", person=responder)
    expect(page.locator("#roster")).to_contain_text("Scribe")
    page.wait_for_timeout(2500)  # two looks of the sheet at what came over the stream
    expect(note).to_have_value("You go on with the notes.")
    page.get_by_role("button", name="Name", exact=True).click()
    expect(page.locator("#reads-otherwise")).to_contain_text("nobody Tunde Okafor")
    expect(note).to_have_value("You go on with the notes.")
    seat.check_accessible()
    seat.picture("reads-otherwise-1440-dark")
    page.get_by_role("button", name="Name", exact=True).click()
    expect(page.locator("#editor")).to_be_hidden()
    assert incident.roles.active().get(role="scribe").person == commander


def test_the_line_for_a_new_card_offers_the_signals_that_there_are(
    sit: Sit, incident: Incident, card: Card, commander: User, responder: User
) -> None:
    page = sit(commander).open(incident.get_absolute_url())
    offered = page.locator("#quick-card option")
    expect(offered).to_have_text(
        ["moves Errors", "serves the end state (moves no signal)", "serves nothing yet"]
    )
    added = add_signal(incident, by=responder, name="Orders", comparator=">=", target=50)
    expect(offered.filter(has_text="moves Orders")).to_have_count(1)

    # Somebody who types keeps what they typed; what is gone is refused, with what there is.
    title = page.get_by_label("A new card")
    title.fill("Drain the retries")
    page.locator("#quick-card select").select_option(label="moves Orders")
    remove_signal(added.pk, by=responder)
    expect(page.locator("#pinned")).not_to_contain_text("Orders")
    page.wait_for_timeout(2500)  # two looks at the mark of the board
    expect(title).to_have_value("Drain the retries")
    page.locator("#quick-card").get_by_role("button", name="Add").click()
    expect(page.locator("#quick-card .error")).to_contain_text("no choice here any more")
    expect(title).to_have_value("Drain the retries")
    expect(offered.filter(has_text="moves Orders")).to_have_count(0)


def test_an_editor_on_a_page_without_a_stream_looks_by_itself(
    sit: Sit, item: ActionItem, commander: User
) -> None:
    page = sit(commander).open(f"{item.get_absolute_url()}details/")
    change_item(item, by=commander, success_criterion="A query over 10 000 rows is refused.")
    expect(page.get_by_label("It worked when")).to_have_value(
        "A query over 10 000 rows is refused.", timeout=40_000
    )


def test_a_sheet_whose_incident_ended_says_so_by_itself(
    sit: Sit, incident: Incident, card: Card, commander: User
) -> None:
    page = sheet(sit(commander), incident, "status/")
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    expect(page.locator("#edit-to")).to_have_value("investigating")
    expect(page.locator("#quick-card")).to_be_hidden()
