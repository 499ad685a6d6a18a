"""Each place says what is true of it: when all is over, empty, played by the demo, on a phone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from drills.demo import set_up
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.roster.command import accept_command
from incidents.updates.actions import AllClear
from incidents.updates.questions import answer_question, ask_question
from people.models import User
from tests.browser.conftest import Sit
from tests.conftest import Clock
from tests.incidents.cast import publish, ready
from tests.postmortems.conftest import resolve

pytestmark = pytest.mark.browser

#: How many lines each name of the roster takes, and how wide the narrowest is.
NAMES = """() => [...document.querySelectorAll("#roster li b, #roster li bdi")]
  .filter((one) => one.checkVisibility() && one.textContent.trim())
  .map((one) => one.getClientRects().length)"""
CUT = """names => names.filter((one) => one.scrollWidth > one.clientWidth + 1
  || one.scrollHeight > one.clientHeight + 1).map((one) => one.textContent)"""

#: What reaches beyond the edge of a phone.
BEYOND = """parts => parts.filter((one) => one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML)"""


@pytest.mark.parametrize("width", [1440, 360])
def test_a_room_that_is_over_shows_how_it_ended_and_asks_for_nothing_more(
    sit: Sit,
    incident: Incident,
    commander: User,
    responder: User,
    clock: Clock,
    width: int,
) -> None:
    join(incident, by=responder)
    write_end_state(incident, by=commander, text="Calls succeed.")
    signal = add_signal(
        incident, by=commander, name="Errors", comparator="<=", target=1, unit="%", hold_s=0
    )
    record_samples(signal.pk, by=commander, samples=[(0.2, None)], by_hand=True)
    publish(incident, commander)
    ready(incident, responder, "Never begun")
    change_status(incident, by=commander, to="resolved", all_clear=AllClear("It works again."))
    clock.advance(days=9)
    seat = sit(commander, width=width, height=900, touch=width < 500)
    page = seat.open(incident.get_absolute_url())
    for tab in ("board", "update", "timeline", "people") if width < 500 else ("",):
        if tab:
            page.locator(f".tabs label:has([value={tab}])").click()
        said = page.locator("main").inner_text()
        gone = ["nobody leads", "agreed 0 of 0", "stale", "Press c", "Post update", "no sample"]
        assert [words for words in gone if words.lower() in said.lower()] == []
        assert page.get_by_role("button", name="Publish").count() == 0
    lines = page.evaluate(NAMES)
    assert lines
    assert set(lines) == {1}
    # A clock time alone would be of today.
    assert page.locator(".state time").first.inner_text().count(" ") >= 2
    expect(page.locator("#signal-" + str(signal.pk))).to_contain_text("met")


def test_each_empty_place_is_true_and_the_first_admin_is_led(sit: Sit, admin: User) -> None:
    page = sit(admin).open("/")
    steps = page.get_by_label("Ready before it is needed")
    expect(steps).to_contain_text("of 6 done")
    expect(page.locator("main")).not_to_contain_text("The top of Next")
    page.goto(page.url + "incidents/")
    expect(page.locator("main .empty")).to_contain_text("Nothing broke yet")
    page.goto(page.url + "?q=nothing+like+it")
    expect(page.locator("main .empty")).to_contain_text("Nothing matches")


def test_in_the_demo_somebody_works_and_a_visitor_may_lead(
    sit: Sit, transactional_db: None, tmp_path: Path, settings: Any
) -> None:
    settings.DATA = tmp_path
    running = Incident.objects.get(number=int(set_up().removeprefix("INC-")))
    maya, jo = (User.objects.get(email=f"{one}@endstate.example") for one in ("maya", "jo"))
    page = sit(jo).open(running.get_absolute_url())
    expect(page.locator(".column.now [data-card]").first).to_be_visible()
    assign_role(running, by=maya, role="commander", person=jo, note="Try it yourself.")
    accept_command(running, by=jo)
    expect(page.locator("#pinned")).to_contain_text(f"{jo.name} leads")


def test_an_executive_sentence_stands_first_and_counts_say_what_is_required(
    sit: Sit, incident: Incident, commander: User, stakeholder: User
) -> None:
    write_end_state(incident, by=commander, text="Calls succeed.")
    for name, value, required in (("Errors", 0.2, True), ("Load", 9.0, True), ("Mood", 9.0, False)):
        one = add_signal(
            incident,
            by=commander,
            name=name,
            comparator="<=",
            target=1,
            hold_s=0,
            required=required,
        )
        record_samples(one.pk, by=commander, samples=[(value, None)], by_hand=True)
    publish(incident, commander, executive_summary="Most calls fail; a team is on it.")
    page = sit(commander).open(incident.get_absolute_url())
    first = page.locator("#update textarea:visible").first
    assert first.get_attribute("name") == "executive_summary"
    expect(first).to_have_value("Most calls fail; a team is on it.")
    read = sit(stakeholder, width=360, touch=True).open(f"/stakeholders/{incident.ref}/")
    expect(read.locator("#exec-goal")).to_contain_text("1 of 2")
    expect(read.locator("#exec-goal")).to_contain_text("required")
    # The latest word stands on the first screen of a phone.
    box = read.locator("#exec-latest").bounding_box()
    assert box
    assert box["y"] < 500


def test_on_a_phone_stakeholders_see_what_is_broken_and_what_is_over_is_folded(
    sit: Sit, incident: Incident, commander: User, stakeholder: User, clock: Clock
) -> None:
    resolve(incident, commander)
    clock.advance(days=9)
    running = declare_incident(by=commander, title="Exports hang", severity="sev2")
    page = sit(stakeholder, width=360, height=780, touch=True).open("/stakeholders/")
    expect(page.locator(f"#exec-{running.ref}")).to_be_visible()
    expect(page.locator(f"#exec-{incident.ref}")).to_be_hidden()
    over = page.locator("#exec-over summary")
    expect(over).to_have_text("Over · 1")
    over.tap()
    expect(page.locator(f"#exec-{incident.ref}")).to_contain_text("✓ resolved")
    # Nothing of the way around is cut without a sign: the rest is in the menu.
    assert page.locator(".top a:visible, .top summary:visible").evaluate_all(BEYOND) == []
    page.locator(".top details.menu > summary").tap()
    for name in ("Stakeholders", "Post-mortems", "Actions", "Insights"):
        expect(page.locator(".top .menu").get_by_role("link", name=name)).to_be_visible()


def test_once_the_miss_is_named_an_incident_has_one_name_everywhere(
    sit: Sit, incident: Incident, commander: User
) -> None:
    change_incident(incident, by=commander, statement="One order in three is lost.")
    publish(
        incident,
        commander,
        statement="One order in three is lost.",
        executive_summary="A team is on it.",
    )
    page = sit(commander).open("/")
    names = {
        "/": "main",
        "/incidents/": "main",
        incident.get_absolute_url(): "#pinned",
        f"{incident.get_absolute_url()}promises/": "main",
        "/stakeholders/": "main",
        f"/stakeholders/{incident.ref}/": "main",
    }
    for path, part in names.items():
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
        expect(page.locator(part)).to_contain_text("One order in three is lost")
        expect(page.locator(part)).not_to_contain_text("API calls fail")
        assert "API calls fail" not in page.title()
    page.keyboard.press("Control+k")
    page.keyboard.type(incident.ref)
    expect(page.locator("#palette-list li").first).to_contain_text("One order in three is lost")


def test_ones_own_questions_stand_once_on_the_stakeholder_page(
    sit: Sit, incident: Incident, commander: User, stakeholder: User, outsider: User
) -> None:
    mine = ask_question(incident, by=stakeholder, text="Is data lost?")
    ask_question(incident, by=outsider, text="Do refunds work?")
    answer_question(mine.pk, by=commander, text="No, none.")
    page = sit(stakeholder).open(f"/stakeholders/{incident.ref}/")
    expect(page.locator("#asked")).to_contain_text("Is data lost?")
    expect(page.get_by_text("Is data lost?").locator("visible=true")).to_have_count(1)
    expect(page.locator("#exec-questions")).to_contain_text("Do refunds work?")
    other = sit(outsider).open(f"/stakeholders/{incident.ref}/")
    expect(other.locator("#exec-questions")).to_contain_text("Is data lost?")
    expect(other.get_by_text("Do refunds work?").locator("visible=true")).to_have_count(1)


def test_no_name_of_four_signals_is_cut_on_a_phone(
    sit: Sit, incident: Incident, commander: User
) -> None:
    write_end_state(incident, by=commander, text="Calls succeed.")
    for name in ("API error rate", "Database CPU", "Rows lost", "Support queue"):
        one = add_signal(incident, by=commander, name=name, comparator="<=", target=1, unit="%")
        record_samples(one.pk, by=commander, samples=[(57.54, None)], by_hand=True)
    seat = sit(commander, width=360, height=780, touch=True)
    page = seat.open(incident.get_absolute_url())
    names = page.locator(".pinned .signal .name:visible")
    assert names.count() == 4
    assert names.evaluate_all(CUT) == []
    ends = names.evaluate_all("names => names.map((one) => one.getBoundingClientRect().right)")
    assert max(ends) <= 360
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    seat.picture("signals-360-dark")
