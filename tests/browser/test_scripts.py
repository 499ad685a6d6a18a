"""Names and texts of any script turn nothing around that stands beside them."""

from datetime import timedelta

import pytest

from clock.queries import now
from incidents.board.actions import add_card
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from incidents.updates.actions import publish_update
from incidents.updates.questions import ask_question
from people.models import User
from tests.browser.conftest import Sit

pytestmark = pytest.mark.browser

#: Right to left, with digits, which is what stands on the wrong side first.
WORDS = "توقف الدفع 503"
#: What shows a part of such words without keeping them apart from what stands beside them.
LOOSE = """() => {
  const loose = new Set();
  let found = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const box = walker.currentNode.parentElement;
    if (!/[\\u0600-\\u06ff]/.test(walker.currentNode.data)) continue;
    if (["SCRIPT", "STYLE", "TITLE"].includes(box.tagName)) continue;
    found += 1;
    const kept = ["plaintext", "isolate", "isolate-override"];
    if (!kept.includes(getComputedStyle(box).unicodeBidi))
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
