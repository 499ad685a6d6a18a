"""Inviting people to an incident (P08): who hears, who sees, who comes, and who may invite."""

from typing import Any

import pytest
from django.test import Client

from incidents.invitations.actions import invite
from incidents.invitations.queries import invited_to, people_of
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident, RoleAssignment, Service
from incidents.roster.actions import assign_role, join
from notifications.kinds import kind_named
from notifications.models import Delivery
from people.actions import deactivate_person, issue_token
from people.models import User
from refusals.errors import Invalid, Refused
from tests.conftest import make_person
from tests.incidents.cast import last_words
from tests.matrix.hidden import signed_in
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's program."""
    return program(commander)


@pytest.fixture
def service(responder: User, outsider: User, stakeholder: User) -> Service:
    """One with an owner, a person and a stakeholder to invite."""
    made = Service.objects.create(name="Checkout", slug="checkout", owner=responder)
    made.people.set([outsider, stakeholder])
    return made


def names(incident: Incident) -> list[str]:
    return [one.person.name for one in invited_to(incident)]


def roles(incident: Incident, person: User) -> list[tuple[str, str]]:
    held = RoleAssignment.objects.filter(incident=incident, person=person, ended_at__isnull=True)
    return [(one.role, one.state) for one in held]


def test_p08_whom_somebody_invites_hears_of_it_once_and_is_asked_for_on_the_record(
    incident: Incident, commander: User, responder: User
) -> None:
    (invited,) = invite(incident, by=commander, people=[responder])
    assert invite(incident, by=commander, people=[responder]) == []
    assert (invited.role, invited.state) == ("responder", "offered")
    assert last_words(incident, "invited") == [f"invited {responder.name}"]
    told = Delivery.objects.get(kind="invited", channel="in_app")
    assert (told.person, told.url) == (responder, f"/incidents/{incident.ref}/")
    assert told.subject_line == f"{incident.ref}: {commander.name} invites you"


def test_a_name_that_ends_in_a_full_stop_ends_no_sentence_of_a_message(
    incident: Incident, commander: User, responder: User
) -> None:
    incident = change_incident(incident, by=commander, statement="Nobody can pay.")
    invite(incident, by=commander, people=[responder])
    told = Delivery.objects.get(kind="invited", channel="in_app")
    assert f"invites you to {incident.ref}, Nobody can pay. Open it" in told.text


def test_p08_who_is_invited_joins_by_acting_and_is_invited_no_more(
    incident: Incident, commander: User, responder: User
) -> None:
    invite(incident, by=commander, people=[responder])
    add_note(incident, by=responder, text="I look at the replica.")
    assert roles(incident, responder) == [("responder", "held")]
    assert names(incident) == []
    told = Delivery.objects.filter(kind="invited").first()
    assert told is not None
    assert kind_named("invited").why_stale(told) == "They are there."


@pytest.mark.parametrize("role", ["fix_owner", "communications", "observer", "responder"])
def test_p08_naming_the_invited_to_a_role_ends_the_invitation(
    incident: Incident, commander: User, responder: User, role: str
) -> None:
    invite(incident, by=commander, people=[responder])
    assign_role(incident, by=commander, role=role, person=responder)
    assert roles(incident, responder) == [(role, "held")]


def test_p08_several_are_invited_at_once_and_command_is_offered_beside_it(
    incident: Incident, commander: User, responder: User, outsider: User, other_responder: User
) -> None:
    invite(incident, by=commander, people=[responder, outsider])
    join(incident, by=other_responder)
    assign_role(incident, by=commander, role="commander", person=other_responder, note="Yours.")
    assert names(incident) == [responder.name, outsider.name]
    assert last_words(incident, "invited") == [f"invited {responder.name} and {outsider.name}"]
    page = signed_in(commander).get(f"/incidents/{incident.ref}/").content.decode()
    assert f"{other_responder.name} is offered command" in page
    assert f"{responder.name} is offered" not in page


def test_p08_the_people_of_a_service_are_one_click_away(
    incident: Incident, commander: User, service: Service, responder: User, outsider: User
) -> None:
    incident.services.set([service])
    browser = signed_in(commander)
    page = browser.get(f"/incidents/{incident.ref}/").content.decode()
    assert 'name="service"\n      value="Checkout"' in page
    answer = browser.post(f"/incidents/{incident.ref}/invitations/", {"service": "Checkout"})
    assert answer.status_code == 302
    stakeholder = User.objects.get(role="stakeholder")
    assert sorted(names(incident)) == sorted([responder.name, outsider.name, stakeholder.name])
    assert last_words(incident, "invited")[0].endswith(", for Checkout")
    again = browser.post(
        f"/incidents/{incident.ref}/invitations/", {"service": "Checkout"}, follow=True
    )
    assert "Nobody else is named for Checkout." in again.content.decode()


def test_p08_the_people_of_what_a_service_depends_on_come_with_it(
    incident: Incident, service: Service, admin: User
) -> None:
    disk = Service.objects.create(name="Disk", slug="disk", owner=admin)
    database = Service.objects.create(name="Database", slug="database")
    service.depends_on.add(database)
    database.depends_on.add(disk, service)
    assert admin in people_of(service, incident)
    database.depends_on.remove(disk)
    assert admin not in people_of(service, incident)


def test_p08_the_roster_shows_who_is_invited_and_not_here_yet(
    incident: Incident, commander: User, responder: User
) -> None:
    browser = signed_in(commander)
    shown = browser.get(f"/incidents/{incident.ref}/invitations/").content.decode()
    assert responder.name in shown
    assert commander.name not in shown.partition('name="person"')[2].partition("</select>")[0]
    browser.post(f"/incidents/{incident.ref}/invitations/", {"person": responder.pk, "service": ""})
    page = browser.get(f"/incidents/{incident.ref}/").content.decode()
    line = page.partition(f'id="invited-{responder.pk}"')[2].partition("</li>")[0]
    assert f"by {commander.name}, not here yet" in " ".join(line.split())
    taken = invited_to(incident)[0]
    browser.post(f"/incidents/{incident.ref}/invitations/", {"withdraw": taken.pk})
    assert names(incident) == []
    assert last_words(incident, "invitation_withdrawn") == [f"uninvited {responder.name}"]
    nobody = browser.post(f"/incidents/{incident.ref}/invitations/", {"person": "", "service": ""})
    assert nobody.status_code == 422
    assert "Say whom to invite" in nobody.content.decode()


def test_p08_who_cannot_come_says_so_and_who_invited_hears_it(
    incident: Incident, commander: User, responder: User
) -> None:
    (invited,) = invite(incident, by=commander, people=[responder])
    browser = signed_in(responder)
    browser.post(f"/incidents/{incident.ref}/invitations/", {"decline": invited.pk})
    assert roles(incident, responder) == []
    assert last_words(incident, "invitation_declined") == ["cannot come"]
    told = Delivery.objects.get(kind="invitation_declined", channel="in_app")
    assert (told.person, told.subject_line) == (
        commander,
        f"{incident.ref}: {responder.name} cannot come",
    )
    # Asked again they come.
    (again,) = invite(incident, by=commander, people=[responder])
    browser.post(f"/incidents/{incident.ref}/invitations/", {"accept": again.pk})
    assert roles(incident, responder) == [("responder", "held")]


def test_p08_the_api_invites_by_address_and_by_service(
    api: Program, incident: Incident, responder: User, outsider: User, service: Service
) -> None:
    path = f"incidents/{incident.ref}/invitations"
    first = api.post(path, {"people": [responder.email.upper()]})
    second = api.post(path, {"service": "checkout"})
    third = api.post(path, {"people": [responder.email]})
    assert [one.status_code for one in (first, second, third)] == [201, 201, 200]
    invited = third.json()["invited"]
    assert [(one["email"], one["role"], one["state"]) for one in invited] == [
        (responder.email, "responder", "offered"),
        ("ingrid@example.com", "helper", "offered"),
        (outsider.email, "responder", "offered"),
    ]
    state = api.get(f"incidents/{incident.ref}").json()
    assert state["invited"] == invited
    assert {one["email"] for one in state["roles"]} == {"maya@example.com"}
    gone = api.delete(f"invitations/{invited[0]['id']}")
    assert gone.status_code == 204
    assert len(api.get(f"incidents/{incident.ref}").json()["invited"]) == 2


BAD: dict[str, tuple[Any, str]] = {
    "nobody": ({}, "people"),
    "an empty list": ({"people": []}, "people"),
    "an unknown address": ({"people": ["who@example.com"]}, "people"),
    "no service": ({"service": "nowhere"}, "service"),
    "an unknown field": ({"people": ["ravi@example.com"], "role": "commander"}, "role"),
    "too many": ({"people": ["ravi@example.com"] * 101}, "people"),
    "no text": ({"service": "\u200b"}, "service"),
}


@pytest.mark.parametrize("body", BAD)
def test_p08_what_invites_nobody_is_refused_by_its_name(
    api: Program, incident: Incident, responder: User, body: str
) -> None:
    sent, field = BAD[body]
    answer = api.post(f"incidents/{incident.ref}/invitations", sent)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_p08_who_left_is_invited_by_nobody_and_by_no_service(
    incident: Incident, commander: User, outsider: User, service: Service, admin: User
) -> None:
    deactivate_person(outsider, by=admin)
    outsider.refresh_from_db()
    service.people.add(outsider)
    with pytest.raises(Invalid, match="does not take part"):
        invite(incident, by=commander, people=[outsider])
    invite(incident, by=commander, service=service)
    assert outsider.name not in names(incident)


def test_p08_who_is_deactivated_is_invited_no_more(
    incident: Incident, commander: User, responder: User, admin: User
) -> None:
    invite(incident, by=commander, people=[responder])
    deactivate_person(responder, by=admin)
    assert names(incident) == []
    assert RoleAssignment.objects.offered().count() == 0


def test_p08_a_private_incident_is_seen_by_whom_it_invites_until_the_invitation_ends(
    incident: Incident, commander: User, responder: User, admin: User
) -> None:
    change_incident(incident, by=commander, private=True)
    browser, page = signed_in(responder), f"/incidents/{incident.ref}/"
    assert browser.get(page).status_code == 404
    (invited,) = invite(incident, by=commander, people=[responder])
    assert browser.get(page).status_code == 200
    assert Delivery.objects.filter(kind="invited", person=responder).exists()
    browser.post(f"{page}invitations/", {"decline": invited.pk})
    assert browser.get(page).status_code == 404


def test_p08_a_stakeholder_comes_as_helper_and_to_a_private_incident_by_whoever_leads(
    incident: Incident, commander: User, responder: User, stakeholder: User, service: Service
) -> None:
    join(incident, by=responder)
    change_incident(incident, by=commander, private=True)
    with pytest.raises(Refused) as refused:
        invite(incident, by=responder, people=[stakeholder])
    assert (refused.value.code, refused.value.facts["ask"]) == ("only_commander", "invite")
    invite(incident, by=responder, service=service)
    assert stakeholder.name not in names(incident)
    browser, page = signed_in(stakeholder), f"/incidents/{incident.ref}/"
    assert browser.get(page).status_code == 404
    invite(incident, by=commander, people=[stakeholder])
    assert browser.get(page).status_code == 200
    add_note(incident, by=stakeholder, text="The tills in Bonn work again.")
    assert roles(incident, stakeholder) == [("helper", "held")]


def test_p08_an_invited_helper_answers_over_the_api(
    incident: Incident, commander: User, stakeholder: User, program: Programs
) -> None:
    (invited,) = invite(incident, by=commander, people=[stakeholder])
    api = program(stakeholder)
    accepted = api.post(f"invitations/{invited.pk}/accept")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "held")
    assert roles(incident, stakeholder) == [("helper", "held")]


def test_p08_stakeholders_helpers_and_programs_do_not_invite_or_come_as_nobody_allowed(
    incident: Incident, commander: User, responder: User, stakeholder: User, program: Programs
) -> None:
    path, body = f"incidents/{incident.ref}/invitations", {"people": [responder.email]}
    assert program(stakeholder).post(path, body).status_code == 403
    assign_role(incident, by=commander, role="helper", person=stakeholder)
    assert program(stakeholder).post(path, body).status_code == 403
    assert program(commander, "ingest").post(path, body).status_code == 403
    assert names(incident) == []
    # A service's token may invite and joins nothing by it; it does not come for its person.
    _, secret = issue_token(responder, name="pager", is_service=True)
    outsider = make_person("otto", "Otto Outside", "responder")
    assert Program(secret).post(path, {"people": [outsider.email]}).status_code == 201
    (mine,) = invite(incident, by=commander, people=[responder])
    assert Program(secret).post(f"invitations/{mine.pk}/accept").status_code == 403
    assert roles(incident, responder) == [("responder", "offered")]
    anothers = program(outsider).post(f"invitations/{mine.pk}/decline")
    assert (anothers.status_code, "only they can answer" in anothers.json()["detail"]) == (
        403,
        True,
    )


def test_p08_an_ended_incident_invites_nobody_and_ends_what_it_offered(
    incident: Incident, commander: User, responder: User, outsider: User, client: Client
) -> None:
    (invited,) = invite(incident, by=commander, people=[responder])
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    assert names(incident) == []
    with pytest.raises(Refused) as refused:
        invite(incident, by=commander, people=[outsider])
    assert refused.value.code == "invalid_transition"
    told = Delivery.objects.filter(kind="invited").first()
    assert told is not None
    assert kind_named("invited").why_stale(told) == "The invitation was taken back."
    late = signed_in(responder).post(f"/api/v1/invitations/{invited.pk}/accept")
    assert (late.status_code, late.json()["code"]) == (409, "invalid_transition")
