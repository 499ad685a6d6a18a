"""Names and texts of any script and length turn nothing around and push nothing out of a page."""

from datetime import timedelta

import pytest

from clock.queries import now
from incidents.board.actions import add_card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal
from incidents.impact.actions import add_impact
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident, Service
from incidents.roster.actions import join
from incidents.updates.actions import publish_update
from incidents.updates.questions import ask_question
from people.models import User
from postmortems.items.models import ActionItem
from postmortems.review.analysis import write_grid, write_section
from postmortems.review.thanks import thank
from tests.browser.conftest import Sit
from tests.postmortems.conftest import agreed, asked, item, monday, resolved, review

__all__ = ["agreed", "asked", "item", "monday", "resolved", "review"]

pytestmark = pytest.mark.browser

#: Right to left, with digits, which is what stands on the wrong side first.
WORDS = "توقف الدفع 503"
#: What shows a part of such words without keeping them apart from what stands beside them, or by
#: an isolate alone, which begins on the side of the page: its full stop is on the wrong side.
LOOSE = """() => {
  const loose = new Set();
  let found = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const box = walker.currentNode.parentElement;
    if (!/[\\u0600-\\u06ff]/.test(walker.currentNode.data)) continue;
    if (["SCRIPT", "STYLE", "TITLE"].includes(box.tagName)) continue;
    found += 1;
    const { unicodeBidi } = getComputedStyle(box);
    const isApart = unicodeBidi === "isolate" && box.matches("bdi, [dir=auto]");
    if (unicodeBidi !== "plaintext" && !isApart)
      loose.add(`${box.tagName}.${box.className}: ${walker.currentNode.data.trim()}`);
  }
  return [found, [...loose]];
}"""


def test_words_from_right_to_left_are_kept_apart_on_every_page(
    sit: Sit, incident: Incident, commander: User, stakeholder: User
) -> None:
    commander.name = "ليلى"
    commander.save()
    change_incident(incident, by=commander, statement=WORDS, blocker=WORDS)
    add_card(incident, by=commander, title=WORDS)
    ask_question(incident, by=stakeholder, text=WORDS)
    publish_update(
        incident,
        by=commander,
        status_text=WORDS,
        hypothesis=WORDS,
        current_action=WORDS,
        executive_summary=WORDS,
        risks=WORDS,
        next_update_at=now() + timedelta(minutes=9),
    )
    join(incident, by=commander)
    seat = sit(commander)
    room, outside = f"/incidents/{incident.ref}/", f"/stakeholders/{incident.ref}/"
    for path in ("/", "/incidents/", room, f"{room}timeline/", f"{room}promises/", outside):
        found, loose = seat.open(path).evaluate(LOOSE)
        assert (found > 0, loose) == (True, []), path
    with seat.page.expect_download() as taken:
        seat.page.evaluate("path => { location.href = path; }", f"{room}snapshot/")
    alone = seat.context.new_page()  # as a file, without the policy of the product
    alone.set_content(taken.value.path().read_text())
    found, loose = alone.evaluate(LOOSE)
    assert (found > 0, loose) == (True, [])


#: One word as long as a text may be, as an address or a path of a machine is.
LONGEST = "W" * 200
#: What is wider than the page; sparklines, what scrolls by itself and what ends in … may be.
UNFOLDED = """() => {
  for (const fold of document.querySelectorAll("main details:not(.menu)")) fold.open = true;
}"""
WIDE = """() => {
  const over = document.scrollingElement.scrollWidth - innerWidth;
  const wide = [...document.querySelectorAll("main *")].filter((box) => {
    const { right, width } = box.getBoundingClientRect();
    const may = ".scroll-x, .bar, .state, .visually-hidden, svg";
    return width && right > innerWidth + 1 && !box.closest(may);
  });
  return [over, wide.map((box) => `${box.tagName}.${box.className}`).slice(0, 5)];
}"""


def test_texts_and_names_of_two_hundred_characters_push_nothing_out_of_a_page(
    sit: Sit,
    item: ActionItem,
    commander: User,
    responder: User,
    other_responder: User,
    stakeholder: User,
) -> None:
    for person in (commander, responder, other_responder, stakeholder):
        person.name = LONGEST[:120]
        person.save()
    ActionItem.objects.update(title=LONGEST, success_criterion=LONGEST)
    review = item.postmortem
    write_section(review, by=commander, section="summary", text=LONGEST)
    write_section(review, by=commander, section="analysis", text=f"{LONGEST}\n\n`{LONGEST}`")
    write_grid(review, by=commander, grid={"worked": {"tooling": [LONGEST]}})
    thank(review.incident, by=commander, person=responder, text=LONGEST)
    service = Service.objects.create(name=LONGEST[:120], slug="long", owner=commander)
    running = declare_incident(by=commander, title=LONGEST, severity="sev1", services=[service])
    change_incident(running, by=commander, statement=LONGEST, blocker=LONGEST)
    write_end_state(running, by=commander, text=LONGEST)
    add_signal(
        running, by=commander, name=LONGEST[:120], comparator="<=", target=1.0, unit="W" * 30
    )
    add_impact(running, by=commander, journey=LONGEST, blocked=LONGEST, amount=9, unit="W" * 30)
    for column in ("next", "parked"):
        add_card(
            running,
            by=commander,
            title=LONGEST,
            column=column,
            owner=responder,
            serves="end_state",
        )
    ask_question(running, by=stakeholder, text=LONGEST)
    add_note(running, by=commander, text=LONGEST)
    publish_update(
        running,
        by=commander,
        status_text=LONGEST,
        hypothesis=LONGEST,
        current_action=LONGEST,
        executive_summary=LONGEST,
        next_moves=[LONGEST, LONGEST],
        next_update_at=now() + timedelta(minutes=9),
    )
    room, outside = f"/incidents/{running.ref}/", f"/stakeholders/{running.ref}/"
    seat = sit(commander)
    pushed: list[tuple[object, ...]] = []
    for width in (1440, 360):
        seat.page.set_viewport_size({"width": width, "height": 780})
        for path in (
            *("/", "/incidents/", "/stakeholders/", "/postmortems/", "/actions/?list=all"),
            *(room, f"{room}timeline/", f"{room}promises/", outside, f"{outside}updates/"),
            *(review.incident.get_absolute_url(), review.get_absolute_url()),
            *(item.get_absolute_url(), "/insights/", "/notifications/", "/preferences/"),
        ):
            page = seat.open(path)
            page.locator("main").wait_for()
            page.evaluate(UNFOLDED)
            pushed.append((path, width, *page.evaluate(WIDE)))
            if width == 360 and path == room:
                for tab in ("update", "timeline", "people"):
                    page.locator(f".tabs label:has([value={tab}])").click()
                    pushed.append((tab, width, *page.evaluate(WIDE)))
    assert [one for one in pushed if one[2:] != (0, [])] == []
