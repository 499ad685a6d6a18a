"""Pages as they are read: without script, by the clock of the reader, and on paper."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clock.queries import now
from clock.written import written
from drills.demo import set_up
from incidents.lifecycle.expected import expect_back
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.sharing.actions import share_incident
from incidents.updates.actions import publish_update
from incidents.updates.questions import answer_question, ask_question
from notifications.models import Delivery
from people.models import User
from tests.browser.conftest import Seat, Sit

pytestmark = pytest.mark.browser


def promised(incident: Incident, commander: User) -> None:
    publish_update(
        incident,
        by=commander,
        status_text="Three of four calls fail.",
        statement="API calls fail for most customers",
        hypothesis="We don’t know yet.",
        current_action="Looking.",
        executive_summary="Calls fail for most customers.",
        next_update_at=now() + timedelta(minutes=9),
    )


def test_without_script_nothing_claims_to_be_live_and_times_say_their_zone(
    sit: Sit, incident: Incident, commander: User, stakeholder: User
) -> None:
    promised(incident, commander)
    incident.refresh_from_db()
    assert incident.next_update_at is not None
    at = f"{incident.next_update_at:%H:%M} UTC"
    for person, path, promise in (
        (commander, f"/incidents/{incident.ref}/", "Next update at"),
        (commander, "/", "Next update at"),
        (stakeholder, f"/stakeholders/{incident.ref}/", "Next update at"),
        (stakeholder, "/stakeholders/", "next update at"),
    ):
        seat = sit(person)
        browser = seat.context.browser
        assert browser is not None
        blind = browser.new_context(
            java_script_enabled=False, storage_state=seat.context.storage_state()
        )
        page = blind.new_page()
        page.goto(f"{seat.site}{path}")
        said = re.sub(r"\s+", " ", page.inner_text("body"))
        assert re.search(rf"{promise} {at}", said, re.IGNORECASE), (path, said)
        assert page.locator("[data-live-dot]:visible").count() == 0, path
        clocks = [one for one in page.locator("time").all_inner_texts() if ":" in one]
        assert clocks, path
        assert [one for one in clocks if "UTC" not in one] == [], path
        blind.close()


def test_a_moment_inside_a_sentence_is_read_by_the_clock_of_its_reader(
    sit: Sit, incident: Incident, commander: User
) -> None:
    commander.time_zone = "Asia/Kolkata"
    commander.save()
    back = now() + timedelta(hours=2)
    expect_back(incident, by=commander, at=back)
    row = Delivery.objects.create(
        person=commander,
        channel="in_app",
        kind="update",
        subject_line="The next word",
        text=f"It comes at {written(back)}.",
        incident_id=incident.pk,
        due_at=now(),
        created_at=now(),
        state="sent",
        next_attempt_at=None,
        settled_at=now(),
        sent_at=now(),
    )
    seat = sit(commander, zone="America/New_York")
    local = f"{back.astimezone(commander.zone):%H:%M}"
    for path in (f"/incidents/{incident.ref}/", f"/incidents/{incident.ref}/timeline/"):
        line = seat.open(path).locator(".timeline bdi:has(time)").first
        expect(line).to_contain_text(local)
        expect(line).not_to_contain_text("UTC")
    inbox = seat.open("/notifications/")
    expect(inbox.get_by_text("It comes at")).to_contain_text(local)
    assert row.pk


SHEET_PX = 1017
"""How much of a page stands on a sheet of A4 between its margins (269 mm)."""
#: What is cut off or lies over something else on paper, by the boxes of what holds words.
TORN = """() => {
  const found = [];
  for (const box of document.querySelectorAll("td, th")) {
    const style = getComputedStyle(box);
    if (style.overflowWrap !== "normal") found.push(`a word of ${box.innerText} may be broken`);
  }
  for (const fixed of document.querySelectorAll("body *")) {
    const { position, display, visibility } = getComputedStyle(fixed);
    if (["fixed", "sticky"].includes(position) && display !== "none" && visibility !== "hidden"
        && fixed.getClientRects().length)
      found.push(`${fixed.tagName}.${fixed.className} is ${position}`);
  }
  const sheet = SHEET_PX;
  for (const box of document.querySelectorAll("main *")) {
    const { breakInside, overflowY, webkitLineClamp } = getComputedStyle(box);
    const { height } = box.getBoundingClientRect();
    const name = `${box.tagName}.${box.className}`;
    if (breakInside !== "auto" && (height > sheet || box.matches("table:has(tr:nth-child(9))")))
      found.push(`${name} is kept together, and longer than a sheet`);
    if (overflowY !== "visible" && webkitLineClamp === "none" && box.checkVisibility()
        && box.scrollHeight > box.clientHeight + 2 && box.clientHeight > 20)
      found.push(`${name} is cut`);
  }
  // No ground is printed: what is light on dark would not be there.
  const ink = getComputedStyle(document.body).color;
  for (const one of document.querySelectorAll(".sev, .banner:not(.is-warn)"))
    if (one.checkVisibility() && /25[0-5]/.test(getComputedStyle(one).color))
      found.push(`${one.className} is white on paper, not ${ink}`);
  const tall = document.body.scrollHeight;
  return [found, tall];
}""".replace("SHEET_PX", str(SHEET_PX))


def on_paper(seat: Seat, path: str) -> Iterator[Page]:
    page = seat.open(path)
    page.set_viewport_size({"width": 672, "height": SHEET_PX})
    page.emulate_media(media="print")
    yield page
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1440, "height": 900})


def sheets_of(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


def test_every_page_that_people_print_is_whole_on_paper(
    sit: Sit, site: str, tmp_path: Path, settings: object, subtests: pytest.Subtests
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    running = Incident.objects.get(number=int(set_up().removeprefix("INC-")))
    over = Incident.objects.filter(status="closed").first() or Incident.objects.exclude(
        pk=running.pk
    ).latest("number")
    maya = User.objects.get(email="maya@endstate.example")
    long = ("When can partners send their orders again? " * 12).strip()
    question = ask_question(
        running, by=User.objects.get(email="sam@endstate.example"), text=long[:500]
    )
    answer_question(question.pk, by=maya, text="From nine on.")
    seat = sit(maya, scheme="light")
    shared = "/s/" + share_incident(running, by=maya).url.partition("/s/")[2]
    shown = {
        f"/incidents/{running.ref}/": ["#board", "#roster", "#timeline", ".goal-text", "#latest"],
        f"/incidents/{over.ref}/": ["#told .update-parts", "#timeline"],
        f"/incidents/{over.ref}/timeline/": [".timeline li"],
        f"/stakeholders/{running.ref}/": ["#exec-questions .asks", "#exec-questions b"],
        f"/stakeholders/{running.ref}/updates/": [".history .update-parts"],
        f"/postmortems/{over.ref}/": ["#pm-said .update-parts", "#pm-whys", "#pm-thanks"],
        "/insights/": ["table", ".chart"],
        "/actions/?list=all": [".list li"],
        "/incidents/": ["table"],
        # What a guest prints, who has a link and no account.
        shared: ["#exec-head", "#exec-latest", "#exec-questions .asks"],
    }
    for path, parts in shown.items():
        with subtests.test(path):
            for page in on_paper(seat, path):
                for part in parts:
                    assert page.locator(part).first.is_visible(), part
                for chrome in (".top", ".acts", ".tabs", "button", "input", "select", "textarea"):
                    assert page.locator(f"{chrome}:visible").count() == 0, chrome
                torn, tall = page.evaluate(TORN)
                assert torn == []
                name = "guest" if path == shared else path.strip("/").replace("/", "-")
                seat.picture(f"paper-{name.partition('?')[0]}")
                # No sheet is left empty: what is kept together leaves at most half of one behind.
                assert sheets_of(page) <= tall / SHEET_PX * 1.6 + 1
    for page in on_paper(seat, f"/stakeholders/{running.ref}/"):
        words = page.locator("#exec-questions li", has_text="From nine on.")
        answer, asked = words.locator("b"), words.locator(".asks")
        below, above = answer.bounding_box(), asked.bounding_box()
        assert below is not None
        assert above is not None
        assert below["height"] > 10
        assert above["height"] < 60
        assert below["y"] >= above["y"] + above["height"] - 1


def test_the_page_of_promises_begins_on_its_first_sheet(
    sit: Sit, incident: Incident, commander: User, stakeholder: User
) -> None:
    for number in range(12):
        ask_question(incident, by=stakeholder, text=f"Since when, and what of region {number}?")
    for page in on_paper(sit(commander, scheme="light"), f"/incidents/{incident.ref}/promises/"):
        assert page.locator("tbody tr").count() > 12
        torn, _ = page.evaluate(TORN)
        assert torn == []


def test_a_managers_list_is_whole_on_paper(sit: Sit, incident: Incident, admin: User) -> None:
    seat = sit(admin, scheme="light")
    for page in on_paper(seat, "/admin/deadlines/deadline/"):
        page.set_viewport_size({"width": 1030, "height": 700})
        expect(page.locator("#result_list tbody tr").first).to_be_visible()
        for chrome in (".top", "#nav-sidebar", "#changelist-filter", "#toolbar", ".actions"):
            assert page.locator(f"{chrome}:visible").count() == 0, chrome
        cut = page.evaluate(
            """() => [...document.querySelectorAll("#result_list th, #result_list td")]
              .filter((cell) => cell.checkVisibility())
              .filter((cell) => cell.getBoundingClientRect().right > innerWidth + 1)
              .map((cell) => cell.textContent.trim())"""
        )
        assert cut == []
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.results')).overflow")
            == "visible"
        )


def test_a_page_of_the_record_says_on_paper_that_it_is_not_all(
    sit: Sit, incident: Incident, commander: User
) -> None:
    for number in range(105):
        add_note(incident, by=commander, text=f"Note {number}")
    for page in on_paper(sit(commander, scheme="light"), f"/incidents/{incident.ref}/timeline/"):
        said = page.locator(".paper:visible")
        expect(said).to_contain_text(f"entries 1 to 100 of {incident.entries.count()}")
