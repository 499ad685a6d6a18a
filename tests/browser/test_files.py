"""Pictures and files in a real browser: pasted, dropped, chosen, by keyboard, on a phone (P65)."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from incidents.attachments.models import Attachment
from incidents.board.actions import move_card
from incidents.cards.models import Card
from incidents.record.models import Incident, TimelineEntry
from incidents.roster.actions import join
from people.models import User
from tests.browser.conftest import Sit
from tests.incidents.attachments.files import picture
from tests.incidents.cast import ready, start
from tests.waiting import until

pytestmark = pytest.mark.browser

PASTE = """([packed, name, type, words]) => {
  const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
  const clipboardData = new DataTransfer();
  if (words) clipboardData.setData("text/plain", words);
  clipboardData.items.add(new File([bytes], name, { type }));
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(event);
}"""


def paste(page: Page, name: str = "image.png", words: str = "") -> None:
    """What a browser does when a picture of the clipboard is pasted where the caret is."""
    packed = base64.b64encode(picture("PNG", (600, 300))).decode()
    page.evaluate(PASTE, [packed, name, "image/png", words])


def payload(name: str, content: bytes, kind: str) -> FilePayload:
    """A file as it is chosen."""
    return FilePayload(name=name, mimeType=kind, buffer=content)


def drop(page: Page, selector: str, path: Path) -> None:
    """Let a file of the desktop fall onto an element, as the browser hears it from the system."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": data,
            },
        )


def test_p65_a_picture_is_pasted_dropped_and_chosen_into_a_note(
    sit: Sit, incident: Incident, commander: User, responder: User, tmp_path: Path
) -> None:
    join(incident, by=responder)
    other = sit(responder).open(incident.get_absolute_url())
    seat = sit(commander)
    page = seat.open(incident.get_absolute_url())
    page.locator("body").press("n")
    ticked = page.locator("#editor .files-field input[type=checkbox]:checked")
    page.locator("#edit-text").fill("The CPU is a saw tooth")
    paste(page)
    expect(ticked).to_have_count(1)
    # The caret stays where one types.
    expect(page.locator("#edit-text")).to_be_focused()
    page.keyboard.type(" since 02:31.")
    log = tmp_path / "gateway.log"
    log.write_text("03:02 502\n")
    drop(page, "#edit-attachments", log)
    expect(ticked).to_have_count(2)
    page.set_input_files("#edit-attachments", payload("rows.csv", b"a;b\n", "text/csv"))
    expect(ticked).to_have_count(3)
    # One that is refused takes nothing along, neither words nor ticks.
    page.set_input_files("#edit-attachments", payload("page.html", b"<p>", "text/html"))
    expect(page.locator("#editor .files-field [role=alert]")).to_contain_text("page.html")
    expect(ticked).to_have_count(3)
    expect(page.locator("#edit-text")).to_have_value("The CPU is a saw tooth since 02:31.")
    seat.check_accessible()
    seat.pictures("files-note")
    page.locator("#editor button.primary").click()
    image = page.locator("#timeline .files img")
    expect(image).to_have_count(1)
    expect(image).to_have_js_property("naturalWidth", 600)
    # On the other open board without a reload.
    expect(other.locator("#timeline .files img")).to_have_count(1)
    note = TimelineEntry.objects.get(incident=incident, kind="note")
    names = [one["name"] for one in note.data["attachments"]]
    assert names == ["image.png", "gateway.log", "rows.csv"]
    seat.check_accessible()
    seat.pictures("files-room")


def test_p65_words_with_a_picture_beside_them_are_pasted_as_words(
    sit: Sit, incident: Incident, commander: User
) -> None:
    """A spreadsheet puts its cells onto the clipboard as words and as a picture."""
    page = sit(commander).open(incident.get_absolute_url())
    page.locator("body").press("n")
    expect(page.locator("#edit-text")).to_be_focused()
    paste(page, words="12\t13")
    paste(page)
    expect(page.locator("#editor .files-field :checked")).to_have_count(1)
    assert Attachment.objects.count() == 1


def test_p65_a_card_is_finished_with_a_picture_by_keyboard_on_a_phone(
    sit: Sit, incident: Incident, commander: User, responder: User
) -> None:
    card = start(ready(incident, responder, "Cap the query"), responder)
    seat = sit(responder, width=360, height=780, scheme="light", touch=True)
    page = seat.open(f"{incident.get_absolute_url()}cards/{card.pk}/?to=done")
    page.get_by_text("Add a picture or file").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#edit-attachments")).to_be_focused()
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Enter")
    chosen.value.set_files(payload("graph.png", picture("PNG", (400, 200)), "image/png"))
    expect(page.locator(".files-field :checked")).to_have_count(1)
    # The field came anew, and who looks at it by keyboard stands in it still.
    expect(page.locator("#edit-attachments")).to_be_focused()
    seat.check_accessible()
    seat.picture("files-finish-360")
    page.locator("#edit-proof").press("Enter")
    until(lambda: Card.objects.get(pk=card.pk).column == "done")
    assert [one["name"] for one in Card.objects.get(pk=card.pk).proof_files] == ["graph.png"]


def test_p65_a_composer_with_a_picture_is_not_drawn_anew_by_the_room(
    sit: Sit, incident: Incident, commander: User, responder: User
) -> None:
    card = start(ready(incident, responder, "Cap the query"), responder)
    page = sit(commander).open(incident.get_absolute_url())
    page.locator("#update-more summary").click()
    page.locator("#update-technical_note").focus()
    paste(page)
    expect(page.locator("#update .files-field :checked")).to_have_count(1)
    mark = page.locator("#latest").get_attribute("data-composer")
    move_card(card.pk, by=responder, to="parked", version=card.version)
    expect(page.locator("#latest")).not_to_have_attribute("data-composer", str(mark))
    page.wait_for_timeout(1500)
    expect(page.locator("#update .files-field :checked")).to_have_count(1)


def test_p65_one_that_is_far_too_large_is_said_and_takes_nothing_along(
    sit: Sit, incident: Incident, commander: User
) -> None:
    """The guard refuses it before Django knows, in words of its own."""
    page = sit(commander).open(incident.get_absolute_url())
    page.locator("body").press("n")
    page.locator("#edit-text").fill("Look.")
    paste(page)
    expect(page.locator("#editor .files-field :checked")).to_have_count(1)
    page.set_input_files("#edit-attachments", payload("big.txt", b"a" * 12_000_000, "text/plain"))
    said = page.locator("#editor .files-field [role=alert] p, #editor-said > *")
    expect(said.first).to_be_visible()
    expect(page.locator("#editor .files-field :checked")).to_have_count(1)
    expect(page.locator("#edit-text")).to_have_value("Look.")
    assert Attachment.objects.count() == 1
