"""A stakeholder who helps: one incident, own cards, notes, stops, escalations, answers; no more."""

from typing import Any

import pytest
from django.test import Client

from incidents.board.actions import add_card
from incidents.cards.models import Card
from incidents.escalations.actions import escalate
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.line.actions import stop_line
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.actions import assign_role, join, release_role
from incidents.updates.questions import answer_question, ask_question
from live.topics import Viewer
from notifications.models import Delivery
from people.actions import change_role, deactivate_person
from people.leaving import held_by_people_who_left
from people.models import User
from refusals.errors import Forbidden, Invalid, Refused
from tests.incidents.cast import last_words, ready, start
from tests.matrix.hidden import signed_in
from tests.programs import Program, Programs
from warroom.live import WAR_ROOM

pytestmark = pytest.mark.django_db


@pytest.fixture
def helper(incident: Incident, commander: User, responder: User, stakeholder: User) -> User:
    """The stakeholder, invited by the commander; somebody else is there too."""
    join(incident, by=responder)
    assign_role(incident, by=commander, role="helper", person=stakeholder)
    return stakeholder


@pytest.fixture
def api(program: Programs, helper: User) -> Program:
    """The helper's program."""
    return program(helper)


def test_anyone_on_the_roster_invites_a_helper_who_hears_of_it(
    incident: Incident, responder: User, stakeholder: User
) -> None:
    join(incident, by=responder)
    made = assign_role(incident, by=responder, role="helper", person=stakeholder)
    assert (made.state, made.role) == ("held", "helper")
    assert last_words(incident, "joined")[-1] == f"brought in {stakeholder.name} as helper"
    told = Delivery.objects.get(kind="role", channel="in_app")
    assert (told.person, told.url) == (stakeholder, f"/incidents/{incident.ref}/")


def test_a_helper_owns_pairs_notes_stops_escalates_and_answers(
    incident: Incident, responder: User, helper: User, outsider: User
) -> None:
    card = start(ready(incident, helper, "Watch the till", owner=helper), helper)
    assert (card.owner, card.column) == (helper, "now")
    paired = ready(incident, responder, "Restart", pair=helper)
    assert paired.pair == helper
    add_note(incident, by=helper, text="The tills in Bonn work again.")
    escalate(incident, by=helper, text="The tills lag.")
    question = ask_question(incident, by=outsider, text="Which shops?")
    assert answer_question(question.pk, by=helper, text="Bonn and Köln.").answered_by == helper
    assert stop_line(incident, by=helper, reason="Receipts are lost.").by == helper
    roles = RoleAssignment.objects.active().filter(incident=incident, person=helper)
    assert [one.role for one in roles] == ["helper"]


def test_a_helper_takes_a_free_card_but_nobody_elses(
    incident: Incident, responder: User, helper: User
) -> None:
    free = ready(incident, responder, "Watch the till", owner=None)
    taken = start(_owned(free, helper), helper)
    assert taken.owner == helper
    others = ready(incident, responder, "Restart")
    with pytest.raises(Forbidden, match="their own cards"):
        start(others, helper)
    with pytest.raises(Forbidden, match="their own cards"):
        add_card(incident, by=helper, title="For you", owner=responder)


def _owned(card: Card, owner: User) -> Card:
    from_there = signed_in(owner).patch(
        f"/api/v1/cards/{card.pk}",
        {"owner": owner.email, "version": card.version},
        content_type="application/json",
    )
    assert from_there.status_code == 200, from_there.content
    return Card.objects.get(pk=card.pk)


@pytest.mark.parametrize(
    "role", ["commander", "deputy", "fix_owner", "communications", "scribe", "responder"]
)
def test_a_helper_takes_no_seat(
    incident: Incident, commander: User, helper: User, role: str
) -> None:
    with pytest.raises(Invalid):
        assign_role(incident, by=commander, role=role, person=helper, note="Yours.")


def test_who_responds_is_no_helper(incident: Incident, commander: User, outsider: User) -> None:
    with pytest.raises(Invalid, match="responds anyway"):
        assign_role(incident, by=commander, role="helper", person=outsider)


CALLS: dict[str, tuple[str, str, Any]] = {
    "invite": ("POST", "roles", {"role": "helper", "person": "ravi@example.com"}),
    "resolve": ("POST", "status", {"to": "identified"}),
    "severity": ("PATCH", "", {"severity": "sev1"}),
    "resume": ("POST", "resume", {"reason": "x"}),
    "end state": ("PUT", "end-state", {"text": "x"}),
    "update": ("POST", "updates", {}),
    "pause": ("POST", "paused-work", {"title": "x", "owner": "maya@example.com", "why": "x"}),
    "ask": ("POST", "asks", {"what": "severity", "reason": "x"}),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_nobody_allowed_is_refused(api: Program, incident: Incident, call: str) -> None:
    method, rest, body = CALLS[call]
    path = f"incidents/{incident.ref}/{rest}".rstrip("/")
    answer = api.call(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_the_room_is_theirs_and_no_other_and_no_list(
    api: Program, incident: Incident, commander: User, helper: User
) -> None:
    other = declare_incident(by=commander, title="Replica", severity="sev2")
    browser = signed_in(helper)
    card = add_card(other, by=commander, title="Look")
    answers = {
        "room": browser.get(f"/incidents/{incident.ref}/").status_code,
        "state": api.get(f"incidents/{incident.ref}").status_code,
        "note": api.post(f"incidents/{incident.ref}/notes", {"text": "x"}).status_code,
        "other room": browser.get(f"/incidents/{other.ref}/").status_code,
        "other state": api.get(f"incidents/{other.ref}").status_code,
        "other note": api.post(f"incidents/{other.ref}/notes", {"text": "x"}).status_code,
        "other card": api.patch(f"cards/{card.pk}", {"title": "x", "version": 1}).status_code,
        "list": browser.get("/incidents/").status_code,
        "lists": api.get("incidents").status_code,
        "declare": api.post("incidents", {"title": "x", "severity": "sev3"}).status_code,
    }
    assert answers == {
        **dict.fromkeys(("room", "state"), 200),
        "note": 201,
        **dict.fromkeys(
            ("other room", "other state", "other note", "other card", "list", "lists", "declare"),
            403,
        ),
    }
    page = browser.get(f"/stakeholders/{incident.ref}/").content.decode()
    assert f"War room of {incident.ref}" in page
    assert "War room of" not in browser.get(f"/stakeholders/{other.ref}/").content.decode()


def test_the_line_of_the_room_is_theirs(incident: Incident, helper: User, admin: User) -> None:
    viewers = {Viewer("person", helper.pk), Viewer("person", admin.pk)}
    assert WAR_ROOM.authorise(incident.pk, viewers) == viewers
    held = RoleAssignment.objects.active().get(incident=incident, person=helper)
    release_role(held.pk, by=helper)
    assert WAR_ROOM.authorise(incident.pk, viewers) == {Viewer("person", admin.pk)}


def test_a_private_incident_is_opened_to_a_helper_by_whoever_leads(
    incident: Incident, commander: User, responder: User, stakeholder: User, admin: User
) -> None:
    join(incident, by=responder)
    change_incident(incident, by=commander, private=True)
    with pytest.raises(Refused) as refused:
        assign_role(incident, by=responder, role="helper", person=stakeholder)
    assert refused.value.code == "only_commander"
    assert not Incident.objects.visible_to(stakeholder).filter(pk=incident.pk).exists()
    assign_role(incident, by=admin, role="helper", person=stakeholder)
    assert Incident.objects.visible_to(stakeholder).filter(pk=incident.pk).exists()


def test_who_is_removed_sees_the_room_no_more_and_holds_nothing(
    incident: Incident, commander: User, helper: User
) -> None:
    card = start(ready(incident, helper, "Watch the till", owner=helper), helper)
    held = RoleAssignment.objects.active().get(incident=incident, person=helper)
    release_role(held.pk, by=commander, note="Thanks.")
    card.refresh_from_db()
    assert (card.owner, card.column) == (None, "now")
    assert signed_in(helper).get(f"/incidents/{incident.ref}/").status_code == 403
    with pytest.raises(Forbidden):
        add_note(incident, by=helper, text="x")


def test_a_deactivated_helper_holds_nothing(incident: Incident, helper: User, admin: User) -> None:
    card = start(ready(incident, helper, "Watch the till", owner=helper), helper)
    assert held_by_people_who_left() == []
    deactivate_person(helper, by=admin)
    card.refresh_from_db()
    assert card.owner is None
    assert not RoleAssignment.objects.active().filter(person=helper).exists()


def test_reopening_brings_the_helper_of_a_running_card_back_as_helper(
    incident: Incident, commander: User, helper: User
) -> None:
    start(ready(incident, helper, "Watch the till", owner=helper), helper)
    clear = AllClear("It works again.", statement="Calls failed.")
    change_status(
        incident, by=commander, to="resolved", all_clear=clear, override_reason="Confirmed."
    )
    with pytest.raises(Forbidden):
        add_note(incident, by=helper, text="x")
    change_status(incident, by=commander, to="investigating", reason="It came back.")
    roles = RoleAssignment.objects.active().filter(incident=incident, person=helper)
    assert [one.role for one in roles] == ["helper"]


def test_a_helper_who_becomes_a_responder_joins_as_one_by_acting(
    incident: Incident, helper: User, admin: User
) -> None:
    change_role(helper, "responder", by=admin)
    add_note(incident, by=helper, text="The tills work again.")
    roles = RoleAssignment.objects.active().filter(incident=incident, person=helper)
    assert [one.role for one in roles] == ["responder"]


def test_a_helper_owes_no_word_and_is_not_asked_to_agree(
    incident: Incident, commander: User, helper: User
) -> None:
    change_incident(incident, by=commander, statement="Three of four calls fail.")
    page = Client()
    page.force_login(helper)
    assert page.post(f"/incidents/{incident.ref}/agreement/").status_code == 403
