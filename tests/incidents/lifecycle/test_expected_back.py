"""When it is expected back, and by when the next moves are meant (P18), wherever people read it."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from incidents.board.actions import add_card
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.expected import expect_back
from incidents.record.models import Incident
from incidents.roster.actions import join
from incidents.updates.questions import answer_question, ask_question
from incidents.updates.told import told_update
from notifications.models import Delivery
from people.models import User
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, publish
from tests.programs import Programs

pytestmark = pytest.mark.django_db

CLEAR = AllClear(executive_summary="It works again.", statement="Calls failed.")


def words(html: str) -> str:
    """What a reader sees: no tags, one space between words."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace(" .", ".").replace(" ,", ",")


def page(person: User, path: str) -> str:
    """The words of a page as this person reads it."""
    client = Client()
    client.force_login(person)
    answer = client.get(path)
    assert answer.status_code == 200
    return words(answer.content.decode())


def moved_once(incident: Incident, commander: User, clock: Clock) -> str:
    """Say that nobody knows, then a time in an hour; answers the clock's digits of it."""
    expect_back(incident, by=commander, at=None)
    at = clock.now.replace(microsecond=0) + timedelta(hours=1)
    expect_back(incident, by=commander, at=at, reason="The copy takes an hour")
    return f"{at:%H:%M}"


@pytest.mark.parametrize("path", ["/incidents/{}/", "/stakeholders/{}/", "/stakeholders/", "/"])
def test_p18_every_page_says_when_it_is_expected_back_and_that_it_moved(
    incident: Incident, commander: User, clock: Clock, path: str
) -> None:
    digits = moved_once(incident, commander, clock)
    said = page(commander, path.format(incident.ref))
    assert re.search(f"(?i)expected back (at )?{digits}", said)
    if path.endswith("{}/"):
        assert re.search(r"said \d\d:\d\d UTC · moved once: The copy takes an hour", said)


def test_p18_not_known_yet_is_said_plainly_and_nothing_said_is_said_to_the_room_alone(
    incident: Incident, commander: User
) -> None:
    room, board = f"/incidents/{incident.ref}/", f"/stakeholders/{incident.ref}/"
    assert "Expected back – nobody has said it yet" in page(commander, room)
    assert "Expected back" not in page(commander, board)
    expect_back(incident, by=commander, at=None)
    for path in (room, board, "/stakeholders/"):
        assert re.search("(?i)expected back not known yet", page(commander, path))


def test_p18_updates_carry_it_as_it_stood_and_the_moves_with_their_by_when(
    incident: Incident, commander: User, clock: Clock
) -> None:
    digits = moved_once(incident, commander, clock)
    by = clock.now.replace(microsecond=0) + timedelta(minutes=25)
    add_card(incident, by=commander, title="Drop retries", serves="end_state", by_when=by)
    add_card(incident, by=commander, title="Count orders", serves="end_state")
    update = publish(incident, commander)
    expect_back(incident, by=commander, at=clock.now + timedelta(hours=9), reason="It is larger")
    told = told_update(incident, update.number)
    assert told is not None
    assert [(one.text, one.by_when) for one in told.moves] == [
        ("Drop retries", by),
        ("Count orders", None),
    ]
    assert told.expected_back is not None
    assert (f"{told.expected_back.at:%H:%M}", told.expected_back.moved) == (digits, 1)
    for path in (f"/incidents/{incident.ref}/", f"/stakeholders/{incident.ref}/updates/"):
        said = page(commander, path)
        assert f"Drop retries by {by:%H:%M} UTC. Then: Count orders" in said
        assert f"Expected back {digits} UTC, moved once" in said


def test_p18_a_reworded_move_keeps_the_by_when_that_the_composer_sends(
    incident: Incident, commander: User, clock: Clock
) -> None:
    by = clock.now.replace(microsecond=0) + timedelta(minutes=25)
    add_card(incident, by=commander, title="Drop retries", serves="end_state", by_when=by)
    client = Client()
    client.force_login(commander)
    shown = client.get(f"/incidents/{incident.ref}/updates/").content.decode()
    assert f'name="move_1_by" value="{by:%Y-%m-%dT%H:%M:%S}"' in shown
    answer = client.post(
        f"/incidents/{incident.ref}/updates/",
        {
            "statement": "Calls fail.",
            "status_text": "Errors fall.",
            "hypothesis": "Retries.",
            "current_action": "Reading.",
            "next_in": "10",
            "move_1": "We drop what partners repeat",
            "move_1_by": f"{by:%Y-%m-%dT%H:%M:%S}",
            "for_update": "1",
        },
    )
    assert answer.status_code == 302
    told = told_update(incident, 1)
    assert told is not None
    assert [(one.text, one.by_when) for one in told.moves] == [("We drop what partners repeat", by)]


def test_p18_the_api_tells_both_and_takes_moves_with_a_by_when(
    incident: Incident, commander: User, clock: Clock, program: Programs
) -> None:
    expect_back(incident, by=commander, at=None)
    api = program(commander)
    answer = api.post(
        f"incidents/{incident.ref}/updates",
        {
            "statement": "Calls fail.",
            "status_text": "Errors fall.",
            "hypothesis": "Retries.",
            "current_action": "Reading.",
            "executive_summary": "It gets better.",
            "next_update_at": (clock.now + timedelta(minutes=9)).isoformat(),
            "next_moves": [{"text": "Drop retries", "by_when": "2150-01-01T00:00:00Z"}, "Count"],
        },
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body["next_moves"] == ["Drop retries", "Count"]
    assert body["moves"] == [
        {"text": "Drop retries", "by_when": "2150-01-01T00:00:00Z"},
        {"text": "Count", "by_when": None},
    ]
    assert (body["expected_back"]["at"], body["expected_back"]["moved"]) == (None, 0)
    told = api.get(f"stakeholders/{incident.ref}").json()
    assert (told["expected_back"]["at"], told["expected_back"]["moved"]) == (None, 0)
    assert told["latest_update"]["moves"] == body["moves"]


def test_p18_whoever_asked_reads_it_with_the_answer(
    incident: Incident, commander: User, stakeholder: User, clock: Clock
) -> None:
    question = ask_question(incident, by=stakeholder, text="Is data lost?")
    digits = moved_once(incident, commander, clock)
    answer_question(question.pk, by=commander, text="No, none.")
    text = Delivery.objects.filter(person=stakeholder, kind="reply").first()
    assert text is not None
    assert re.search(f"Expected back: .* {digits} UTC, moved once.", text.text)


def test_p18_the_page_asks_the_commander_says_and_moves_it_and_others_ask_for_it(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    path = f"/incidents/{incident.ref}/expected-back/"
    others = Client()
    others.force_login(responder)
    refused = others.post(path, {"at": "", "reason": "Partners ask"})
    assert refused.status_code == 409
    assert "Ask for it, with these words" in refused.content.decode()
    asked = others.post(path, {"at": "", "reason": "Partners ask", "ask": "expected_back"})
    assert asked.status_code == 302
    assert last_words(incident, "asked_for") == [
        "asked Maya Köhler to say when it is expected back: Partners ask"
    ]
    lead = Client()
    lead.force_login(commander)
    assert lead.post(path, {"at": ""}).status_code == 302
    assert fresh(incident).expected_back_said_at is not None
    assert lead.post(path, {"at": "2150-01-01T00:00:00"}).status_code == 409
    moved = {"at": "2150-01-01T00:00:00", "reason": "The copy runs"}
    assert lead.post(path, moved).status_code == 302
    assert fresh(incident).expected_back_moved == 1


def test_p18_the_end_and_a_reopening_leave_nothing_expected(
    incident: Incident, commander: User, clock: Clock
) -> None:
    moved_once(incident, commander, clock)
    over = change_status(
        incident, by=commander, to="resolved", all_clear=CLEAR, override_reason="No signal."
    )
    assert over.expected is None
    assert "Expected back" not in page(commander, f"/incidents/{incident.ref}/").split("Done")[0]
    again = change_status(over, by=commander, to="investigating", reason="It is back.")
    assert again.expected is None
    said = expect_back(again, by=commander, at=None)
    assert said.expected is not None
    assert said.expected.moved == 1


def test_p18_a_next_card_carries_its_by_when_on_the_board(
    incident: Incident, commander: User, clock: Clock
) -> None:
    by = clock.now.replace(microsecond=0) + timedelta(minutes=25)
    card = add_card(incident, by=commander, title="Drop retries", serves="end_state", by_when=by)
    assert f"by {by:%-d %b %Y %H:%M}" in page(commander, f"/incidents/{incident.ref}/")
    client = Client()
    client.force_login(commander)
    path = f"/incidents/{incident.ref}/cards/{card.pk}/"
    later = by + timedelta(minutes=10)
    saved = client.post(
        path,
        {
            "version": 1,
            "title": "Drop retries",
            "to": "next",
            "serves": "end_state",
            "by_when": f"{later:%Y-%m-%dT%H:%M:%S}",
        },
    )
    assert saved.status_code == 302
    card.refresh_from_db()
    assert card.by_when == later
