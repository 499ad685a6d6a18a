"""The editor of seats: a hand-over begins with how things stand (P11)."""

from html import unescape

import pytest

from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal
from incidents.line.actions import stop_line
from incidents.record.models import Incident
from incidents.roster.actions import join
from incidents.updates.hand_over import hand_over_note
from incidents.updates.questions import ask_question
from people.models import User
from tests.incidents.cast import measure, publish, ready, start
from tests.matrix.hidden import signed_in

pytestmark = pytest.mark.django_db


def test_p11_the_note_is_filled_with_the_state(
    incident: Incident, commander: User, responder: User, stakeholder: User
) -> None:
    join(incident, by=responder)
    write_end_state(incident, by=commander, text="Calls succeed, no data is lost.")
    errors = add_signal(incident, by=commander, name="Errors", unit="%", comparator="<=", target=1)
    measure(errors, commander, 4.2)
    publish(incident, commander, hypothesis="One export exhausts the memory.")
    start(ready(incident, responder, "Cap the query"), responder)
    ask_question(incident, by=stakeholder, text="Is data lost?")
    stop_line(incident, by=responder, reason="Rows are lost.")
    incident.refresh_from_db()
    assert hand_over_note(incident).splitlines() == [
        "SEV1, investigating.",
        "The line is stopped: Rows are lost.",
        "End state: Calls succeed, no data is lost.",
        "Signals: Errors unmet (≤ 1 %).",
        "We think: One export exhausts the memory.",
        f"Running: Cap the query ({responder.name}).",
        "An update is promised.",
        "Questions that wait: 1.",
    ]
    page = signed_in(commander).get(f"/incidents/{incident.ref}/roles/?role=commander")
    assert hand_over_note(incident) in unescape(page.content.decode())


def test_p11_of_a_new_incident_it_says_that_nothing_is_known(
    incident: Incident, commander: User
) -> None:
    assert hand_over_note(incident).splitlines() == [
        "SEV1, investigating.",
        "No end state yet.",
        "No signal yet.",
        "Nothing runs.",
        "An update is promised.",
    ]


def test_an_empty_seat_asks_for_no_note(incident: Incident, commander: User) -> None:
    page = signed_in(commander).get(f"/incidents/{incident.ref}/roles/?role=scribe")
    assert hand_over_note(incident) not in unescape(page.content.decode())
