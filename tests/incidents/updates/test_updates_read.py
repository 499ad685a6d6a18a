"""Updates are read: every part of each one, the same on every page, in the API and the exports."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from clock.queries import now
from deadlines.models import Deadline
from incidents.board.actions import add_card, move_card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal
from incidents.impact.actions import add_impact
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.roster.actions import assign_role
from incidents.updates.actions import AllClear
from incidents.updates.models import Update
from incidents.updates.questions import ask_question
from incidents.updates.told import told_update
from people.models import User
from refusals.errors import Invalid, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, measure, publish

pytestmark = pytest.mark.django_db

PARTS = (
    "Reads are back, orders still fail.",
    "One export exhausts the memory.",
    "Resizing the primary.",
    "Connections reset for some seconds.",
    "Drop old retries",
    "Fewer than two moves are planned.",
    "Calls succeed, no data is lost.",
    "SEV1, investigating",
    "at least 120 EUR lost revenue",
    "Errors 4.2 % ✕ unmet",
    "Tunde Okafor owned the fix. Maya Köhler led.",
    "We keep the copy of failed orders.",
    "Read the logs: Tunde Okafor, until",
    "“Is data lost?” No, none.",
)
"""What the update of ``whole`` says, as every page words it."""


def words(html: str) -> str:
    """What a reader sees: no tags, one space between words."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace(" .", ".")


def page(person: User, path: str, **more: str) -> str:
    """The words of a page as this person reads it."""
    client = Client()
    client.force_login(person)
    answer = client.get(path, headers=more)
    assert answer.status_code == 200
    return words(answer.content.decode())


@pytest.fixture
def whole(incident: Incident, commander: User, responder: User, stakeholder: User) -> Update:
    """An update with everything that an update can say."""
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    write_end_state(incident, by=commander, text="Calls succeed, no data is lost.")
    errors = add_signal(incident, by=commander, name="Errors", unit="%", comparator="<=", target=1)
    measure(errors, commander, 4.2)
    add_impact(
        incident,
        by=commander,
        journey="Ordering",
        blocked="partners",
        amount=120,
        unit="lost revenue",
        currency="eur",
    )
    add_note(incident, by=commander, text="We keep the copy of failed orders.", kind="decision")
    card = add_card(
        incident,
        by=commander,
        title="Read the logs",
        owner=responder,
        expected_proof="a line",
        risk="read_only",
        serves="end_state",
        column="next",
    )
    move_card(card.pk, by=responder, to="now", version=card.version)
    question = ask_question(incident, by=stakeholder, text="Is data lost?")
    return publish(
        incident,
        commander,
        status_text="Reads are back, orders still fail.",
        hypothesis="One export exhausts the memory.",
        current_action="Resizing the primary.",
        risks="Connections reset for some seconds.",
        next_moves=["Drop old retries"],
        executive_summary="Most orders go through again.",
        answers=[{"question": question.pk, "text": "No, none."}],
    )


def ended(incident: Incident, by: User) -> None:
    """End the incident, which opens its review."""
    change_status(
        incident,
        by=by,
        to="resolved",
        all_clear=AllClear(executive_summary="It is over."),
        override_reason="The probe is slow.",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/incidents/{}/",
        "/stakeholders/{}/",
        "/stakeholders/{}/updates/",
        "/postmortems/{}/",
    ],
)
def test_p41_every_page_shows_every_part_and_the_frozen_facts(
    incident: Incident, whole: Update, commander: User, path: str
) -> None:
    if path.startswith("/postmortems/"):
        ended(incident, commander)
    text = page(commander, path.format(incident.ref))
    missing = [part for part in ("Most orders go through again.", *PARTS) if part not in text]
    assert missing == []


def test_p41_an_older_update_keeps_all_its_parts_in_the_history(
    incident: Incident, whole: Update, commander: User, stakeholder: User
) -> None:
    publish(incident, commander, executive_summary="All orders go through.")
    for path in (f"/stakeholders/{incident.ref}/", f"/stakeholders/{incident.ref}/updates/"):
        text = page(stakeholder, path)
        assert [part for part in PARTS if part not in text] == []


@pytest.mark.parametrize(
    ("target", "goal"),
    [(1234567.25, "≤ 1234567.25 ms"), (0.000123456789, "≤ 0.000123456789 ms"), (2, "≤ 2 ms")],
)
def test_p43_a_frozen_goal_keeps_all_its_digits(
    incident: Incident, commander: User, target: float, goal: str
) -> None:
    add_signal(incident, by=commander, name="p99", unit="ms", comparator="<=", target=target)
    publish(incident, commander)
    told = told_update(incident, 1)
    assert told is not None
    assert [one.goal for one in told.signals] == [goal]


def test_p43_the_facts_stay_as_they_were(
    incident: Incident, whole: Update, commander: User
) -> None:
    change_status(incident, by=commander, to="identified")
    told = told_update(incident, 1)
    assert told is not None
    assert (told.severity, told.status, told.owners) == (
        "sev1",
        "investigating",
        {"commander": "Maya Köhler", "fix_owner": "Tunde Okafor"},
    )
    assert [(one.name, one.value, one.state) for one in told.signals] == [("Errors", 4.2, "unmet")]


def test_p43_the_review_as_markdown_carries_the_same(
    incident: Incident, whole: Update, commander: User
) -> None:
    ended(incident, commander)
    client = Client()
    client.force_login(commander)
    text = client.get(f"/postmortems/{incident.ref}/?as=md").content.decode().replace("\\", "")
    for part in (*PARTS[:5], "Calls succeed, no data is lost.", "Read the logs: Tunde Okafor"):
        assert part in text


def test_p43_a_decision_is_embedded_once(incident: Incident, commander: User) -> None:
    add_note(incident, by=commander, text="No rollback.", kind="decision")
    first = publish(incident, commander)
    second = publish(incident, commander, status_text="Errors at 12 %.")
    assert (first.facts["decisions"], second.facts["decisions"]) == (["No rollback."], [])


def test_p41_an_update_written_for_an_older_number_is_refused_with_what_stands(
    incident: Incident, commander: User, responder: User
) -> None:
    publish(incident, commander, for_update=1)
    with pytest.raises(Refused) as caught:
        publish(incident, responder, status_text="Errors at 12 %.", for_update=1)
    current = caught.value.facts["current"]
    assert (caught.value.code, current["number"], current["status_text"]) == (
        "stale",
        1,
        "Errors at 74 %.",
    )
    with pytest.raises(Invalid) as invalid:
        publish(incident, responder, for_update=9)
    assert invalid.value.errors == {"for_update": "The next update is number 2."}
    assert publish(incident, responder, status_text="Errors at 12 %.", for_update=2).number == 2


def test_p41_the_composer_shows_both_texts_and_publishes_when_asked_again(
    incident: Incident, commander: User, responder: User
) -> None:
    publish(incident, commander)
    client = Client()
    client.force_login(responder)
    path = f"/incidents/{incident.ref}/updates/"
    mine = {
        "for_update": "1",
        "status_text": "Errors at 12 %.",
        "hypothesis": "A query",
        "current_action": "Looking",
        "next_in": "10",
    }
    refused = client.post(path, mine, headers={"HX-Request": "true"})
    html = refused.content.decode()
    assert refused.status_code == 409
    assert "Errors at 12 %.</textarea>" in html
    assert "Published meanwhile, update 1 Errors at 74 %." in words(html)
    assert 'name="for_update" value="2"' in html
    again = client.post(path, {**mine, "for_update": "2"})
    assert (again.status_code, incident.updates.count()) == (302, 2)


def test_p47_each_question_gets_its_own_line_and_the_preview_lists_them(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    lost = ask_question(incident, by=stakeholder, text="Is data lost?")
    when = ask_question(incident, by=stakeholder, text="Since when?")
    client = Client()
    client.force_login(commander)
    written = {
        "statement": "Calls fail",
        "status_text": "We look",
        "hypothesis": "A query",
        "current_action": "Looking",
        "next_in": "10",
        f"answer_{lost.pk}": "No, none.",
        f"answer_{when.pk}": "",
    }
    preview = client.post(f"/incidents/{incident.ref}/updates/preview/", written)
    assert "Ingrid Vale asked “Is data lost?” No, none." in words(preview.content.decode())
    assert "Since when?" not in words(preview.content.decode()).split("For engineers")[0]
    client.post(f"/incidents/{incident.ref}/updates/", written)
    lost.refresh_from_db()
    when.refresh_from_db()
    assert (lost.answer, when.answered_at) == ("No, none.", None)


def test_p47_an_answer_to_somebody_elses_question_is_refused(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    other = declare_incident(by=commander, title="Elsewhere", severity="sev2")
    question = ask_question(other, by=stakeholder, text="Why?")
    with pytest.raises(Invalid) as caught:
        publish(incident, commander, answers=[{"question": question.pk, "text": "Because."}])
    assert caught.value.errors == {"answers": f"No question {question.pk} was asked here."}
    question.refresh_from_db()
    assert question.answered_at is None
    assert not incident.updates.exists()


def test_p02_the_all_clear_as_first_word_names_the_miss_or_is_refused(
    incident: Incident, commander: User
) -> None:
    with pytest.raises(Refused) as caught:
        change_status(
            incident,
            by=commander,
            to="resolved",
            all_clear=AllClear("It works."),
            override_reason="No metric yet.",
        )
    assert caught.value.code == "statement_required"
    assert fresh(incident).status == "investigating"
    change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear("It works.", statement="Calls failed."),
        override_reason="No metric yet.",
    )
    assert last_words(incident, "statement_confirmed") == ["named the miss: Calls failed."]


def test_p41_what_was_said_by_phone_is_recorded_afterwards_and_promises_nothing(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    promised = fresh(incident).next_update_at
    said_at = now() - timedelta(minutes=5)
    update = publish(incident, commander, occurred_at=said_at, next_update_at=None)
    assert (update.afterwards, update.published_at, update.next_update_at) == (True, said_at, None)
    entry = incident.entries.get(kind="update_published")
    assert (entry.afterwards, entry.at) == (True, said_at)
    assert fresh(incident).next_update_at == promised
    assert Deadline.objects.open().get(kind="update").due_at == promised
    again = publish(incident, commander, occurred_at=said_at, next_update_at=None)
    assert again == update
    assert "recorded afterwards" in page(commander, f"/stakeholders/{incident.ref}/")


def test_p41_what_is_recorded_afterwards_puts_no_promise_off(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    promised = fresh(incident).next_update_at
    assert promised is not None
    publish(
        incident,
        commander,
        occurred_at=now() - timedelta(minutes=5),
        next_update_at=promised + timedelta(minutes=5),
    )
    assert fresh(incident).next_update_at == promised


def test_p41_what_is_recorded_afterwards_is_not_the_last_word(
    incident: Incident, commander: User, stakeholder: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    earlier = now() - timedelta(minutes=5)
    add_note(incident, by=commander, text="No rollback.", kind="decision")
    publish(incident, commander, executive_summary="Half of it works.")
    said = {"occurred_at": earlier, "next_update_at": None}
    publish(incident, commander, executive_summary="By phone: all is down.", **said)
    assert publish(incident, commander, status_text="As before.").facts["decisions"] == []
    room = f"/incidents/{incident.ref}/"
    exec_page = f"/stakeholders/{incident.ref}/"
    publish(incident, commander, executive_summary="By phone: we look.", **said)
    assert "Update 3 · " in page(commander, room)
    assert "Post update 5" in page(commander, room)
    ended(incident, commander)
    publish(incident, commander, executive_summary="By phone: soon.", **said)
    text = page(stakeholder, exec_page)
    assert re.search("All clear · [0-9:]+ UTC · update 5 It is over", text)
    assert re.findall("By phone: [a-z ]+", text) == [
        "By phone: soon",
        "By phone: we look",
        "By phone: all is down",
    ]
    assert "It is over." in page(stakeholder, "/stakeholders/")
    assert "By phone" not in page(stakeholder, "/stakeholders/")
    assert "As it was when update 6 was recorded" in text


def test_p41_an_ended_incident_takes_only_what_was_said_before(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    late = publish(incident, commander, occurred_at=now() - timedelta(minutes=5))
    assert (late.afterwards, late.next_update_at) == (True, None)
    for moment, said in (
        (now() + timedelta(minutes=6), "That is in the future."),
        (incident.declared_at - timedelta(minutes=1), "That is before the incident was declared."),
    ):
        with pytest.raises(Invalid) as caught:
            publish(incident, commander, occurred_at=moment, status_text="Else.")
        assert caught.value.errors == {"occurred_at": said}


def test_p44_no_clock_time_stands_in_the_text_of_an_entry(
    incident: Incident, commander: User
) -> None:
    update = publish(incident, commander)
    assert last_words(incident, "update_published") == [
        f"published update 1: {update.executive_summary}"
    ]


def test_p03_what_blocked_it_before_is_one_click_away_on_both_pages(
    incident: Incident, commander: User
) -> None:
    client = Client()
    client.force_login(commander)
    for blocker in ("No access to the logs.", "The vendor’s key."):
        client.post(
            f"/incidents/{incident.ref}/miss/", {"statement": "Calls fail", "blocker": blocker}
        )
    for path in (f"/incidents/{incident.ref}/", f"/stakeholders/{incident.ref}/"):
        text = page(commander, path)
        history = text.index("What blocked it before")
        assert text.index("The vendor’s key.", history) < text.index(
            "No access to the logs.", history
        )


def test_p02_what_is_in_and_beyond_our_control_stands_on_the_stakeholder_page(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    client = Client()
    client.force_login(commander)
    client.post(
        f"/incidents/{incident.ref}/miss/",
        {
            "statement": "Calls fail",
            "in_our_control": "The connection pool",
            "beyond_our_control": "The provider’s API",
        },
    )
    text = page(stakeholder, f"/stakeholders/{incident.ref}/")
    assert "In our control The connection pool" in text
    assert "Beyond our control The provider’s API" in text
