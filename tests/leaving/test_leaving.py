"""People who leave hold nothing: seats, cards, services, paused work, items and reviews pass on."""

import re

import pytest
from django.test import Client

from deadlines.models import Deadline
from incidents.board.actions import change_card
from incidents.cards.models import Card
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.hypotheses.models import Hypothesis
from incidents.record.models import Incident, RoleAssignment, Service, SeverityPolicy
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.permissions import Act, who_may
from incidents.roster.queries import commander_of, who_hears
from incidents.sidework.actions import pause_work
from notifications.models import Delivery
from people.actions import change_role, create_or_change_person, deactivate_person, issue_token
from people.leaving import held_by
from people.models import User
from tests.incidents.cast import last_words, ready, start
from tests.matrix.hidden import signed_in

pytestmark = pytest.mark.django_db


def test_a_commander_who_leaves_holds_nothing_and_the_next_hears_it(
    incident: Incident, commander: User, responder: User, other_responder: User, admin: User
) -> None:
    assign_role(incident, by=commander, role="deputy", person=other_responder)
    assert list(held_by(commander)) == ["Seats"]
    deactivate_person(commander, by=admin)
    assert held_by(commander) == {}
    assert commander_of(incident) is None
    assert who_may(incident, Act.RESOLVE) == [other_responder]
    assert who_hears(incident, "communications", "commander") == [other_responder]
    assert Deadline.objects.open().filter(kind="no_commander").count() == 1
    assert last_words(incident, "left") == ["Maya Köhler has left; nobody is commander now"]
    told = Delivery.objects.filter(kind="person_left", channel="in_app").get()
    assert told.person == other_responder


def test_an_admin_reads_what_would_pass_on_before_somebody_leaves(
    incident: Incident, commander: User, outsider: User, admin: User, client: Client
) -> None:
    client.force_login(admin)

    def held(person: User) -> str:
        page = client.get(f"/admin/people/user/{person.pk}/change/").content.decode()
        found = re.search(r'field-holds.*?<div class="readonly">(.*?)</div>', page, re.DOTALL)
        assert found is not None
        return found[1]

    seat = f"Commander of {incident}"
    assert held(commander) == f'<a href="{incident.get_absolute_url()}">{seat}</a>'
    assert held(outsider) == "Nothing."
    assert "field-holds" not in client.get("/admin/people/user/add/").content.decode()


def test_the_promise_passes_to_the_next_in_line(
    incident: Incident, commander: User, responder: User, admin: User
) -> None:
    assign_role(incident, by=commander, role="communications", person=responder)
    deactivate_person(responder, by=admin)
    assert Deadline.objects.open().get(kind="update").owner == commander


def test_a_card_in_now_passes_to_the_pair_or_waits_unowned(
    incident: Incident, responder: User, other_responder: User, outsider: User, admin: User
) -> None:
    join(incident, by=outsider)
    paired = start(ready(incident, responder, "Paired", pair=other_responder), responder)
    deactivate_person(responder, by=admin)
    paired.refresh_from_db()
    assert (paired.owner, paired.pair, paired.column) == (other_responder, None, "now")
    deactivate_person(other_responder, by=admin)
    paired.refresh_from_db()
    assert (paired.owner, paired.column) == (None, "now")


def test_what_has_not_started_is_free_to_take(
    incident: Incident, responder: User, admin: User
) -> None:
    card = ready(incident, responder)
    deactivate_person(responder, by=admin)
    assert Card.objects.get(pk=card.pk).owner is None


def test_services_and_the_place_as_escalation_contact_pass_on(
    incident: Incident, responder: User, admin: User
) -> None:
    service = Service.objects.create(name="Checkout", slug="checkout", owner=responder)
    policy = SeverityPolicy.objects.get(severity="sev1")
    policy.escalation_contacts.set([responder])
    assert [one.what for one in held_by(responder)["Services"]] == [
        "owner of Checkout",
        "escalation contact of SEV1",
    ]
    deactivate_person(responder, by=admin)
    service.refresh_from_db()
    assert service.owner == admin
    assert list(policy.escalation_contacts.all()) == [admin]


def test_where_another_contact_is_left_nobody_takes_the_place_of_who_leaves(
    responder: User, outsider: User, admin: User
) -> None:
    policy = SeverityPolicy.objects.get(severity="sev1")
    policy.escalation_contacts.set([responder, outsider])
    deactivate_person(responder, by=admin)
    assert list(policy.escalation_contacts.all()) == [outsider]


def test_paused_work_passes_to_the_service_owner(
    incident: Incident, commander: User, responder: User, other_responder: User, admin: User
) -> None:
    service = Service.objects.create(name="Checkout", slug="checkout", owner=other_responder)
    incident.services.add(service)
    work = pause_work(incident, by=commander, title="Migration", owner=responder, why="Hands.")
    deactivate_person(responder, by=admin)
    work.refresh_from_db()
    assert work.owner == other_responder


def test_whom_it_is_given_to_is_chosen_in_the_same_step(
    incident: Incident, commander: User, responder: User, outsider: User, admin: User
) -> None:
    work = pause_work(incident, by=commander, title="Migration", owner=responder, why="Hands.")
    deactivate_person(responder, by=admin, to=outsider)
    work.refresh_from_db()
    assert work.owner == outsider


def test_an_offer_to_somebody_who_leaves_ends(
    incident: Incident, commander: User, responder: User, admin: User
) -> None:
    offer = assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    deactivate_person(responder, by=admin)
    offer.refresh_from_db()
    assert offer.state == "ended"
    assert not Deadline.objects.open().filter(kind="command_acceptance").exists()


def test_coming_back_gives_nothing_back(incident: Incident, commander: User, admin: User) -> None:
    deactivate_person(commander, by=admin)
    User.objects.filter(pk=commander.pk).update(is_active=True)
    assert commander_of(incident) is None
    assert not RoleAssignment.objects.active().filter(person=commander).exists()


@pytest.mark.parametrize("way", ["change_role", "create_or_change_person"])
def test_who_becomes_a_stakeholder_holds_nothing(
    way: str, incident: Incident, commander: User, admin: User
) -> None:
    if way == "change_role":
        change_role(commander, "stakeholder", by=admin)
    else:
        create_or_change_person(commander.email, role="stakeholder", by=admin)
    assert (held_by(commander), commander_of(incident)) == ({}, None)
    assert Deadline.objects.open().filter(kind="no_commander").count() == 1


def test_who_becomes_an_admin_keeps_what_they_hold(incident: Incident, commander: User) -> None:
    change_role(commander, "admin")
    assert commander_of(incident) == commander


@pytest.mark.parametrize("how", ["deactivated", "made a stakeholder", "off the roster"])
def test_p31_a_card_in_now_whose_owner_is_gone_is_orange_and_asked_for(
    how: str, incident: Incident, commander: User, responder: User, outsider: User, admin: User
) -> None:
    for person in (responder, outsider):
        join(incident, by=person)
    card = start(ready(incident, responder, "Cap the query"), responder)
    match how:
        case "deactivated":
            deactivate_person(responder, by=admin)
        case "made a stakeholder":
            change_role(responder, "stakeholder", by=admin)
        case _:
            held = RoleAssignment.objects.active().get(incident=incident, person=responder)
            release_role(held.pk, by=responder)
    board = signed_in(outsider).get(f"/incidents/{incident.ref}/").content.decode()
    assert '<span class="tag warn">owner gone</span>' in board
    told = Delivery.objects.get(kind="owner_wanted", channel="in_app")
    assert (told.person, told.subject_line) == (
        commander,
        f"{incident.ref}: “Cap the query” has no owner",
    )
    owed = Deadline.objects.open().get(kind="time_box", subject_id=card.pk)
    assert owed.owner == commander
    change_card(card.pk, by=outsider, version=Card.objects.get(pk=card.pk).version, owner=outsider)
    board = signed_in(outsider).get(f"/incidents/{incident.ref}/").content.decode()
    assert "owner gone" not in board
    assert Deadline.objects.open().get(kind="time_box", subject_id=card.pk).owner == outsider


def test_p16_hypotheses_go_to_whom_is_named_else_to_nobody(
    incident: Incident, commander: User, responder: User, other_responder: User, admin: User
) -> None:
    ours = add_hypothesis(incident, by=responder, text="The pool is too small")
    ruled_out = add_hypothesis(incident, by=responder, text="The disk is full")
    add_evidence(ruled_out.pk, by=responder, state="ruled_out", text="Half of it is free.")
    assert [one.what for one in held_by(responder)["Hypotheses"]] == [
        f"“The pool is too small” ({incident.ref})"
    ]
    deactivate_person(responder, by=admin, to=other_responder)
    ours.refresh_from_db()
    assert ours.owner == other_responder
    assert last_words(incident, "hypothesis_passed") == [
        "Tunde Okafor has left; Ravi Patel looks into “The pool is too small” now"
    ]
    deactivate_person(other_responder, by=admin)
    ours.refresh_from_db()
    assert ours.owner is None
    assert held_by(other_responder) == {}


def test_p16_a_hypothesis_of_who_leaves_the_incident_is_nobodys_until_it_is_taken(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    ours = add_hypothesis(incident, by=responder, text="The pool is too small")
    done = add_hypothesis(incident, by=responder, text="The disk is full")
    add_evidence(done.pk, by=responder, state="ruled_out", text="Half of it is free.")
    held = RoleAssignment.objects.active().get(incident=incident, person=responder)
    release_role(held.pk, by=responder)
    assert [one.owner for one in Hypothesis.objects.order_by("pk")] == [None, responder]
    assert last_words(incident, "hypothesis_passed") == [
        "Tunde Okafor is gone; nobody looks into “The pool is too small” now"
    ]
    browser = signed_in(other_responder)
    board = browser.get(f"/incidents/{incident.ref}/").content.decode()
    assert board.count("nobody looks into it") == board.count("I look into it") == 1
    path = f"/incidents/{incident.ref}/hypotheses/{ours.pk}/owner/"
    for _ in range(2):
        assert browser.post(path).status_code == 302
    assert Hypothesis.objects.get(pk=ours.pk).owner == other_responder
    assert last_words(incident, "hypothesis_taken") == ["looks into “The pool is too small”"]
    assert browser.post(f"/incidents/{incident.ref}/hypotheses/999999/owner/").status_code == 404


def test_p37_agents_are_named_before_they_end(responder: User, admin: User) -> None:
    issue_token(responder, name="Watchtower", scopes=("agent",))
    assert [one.what for one in held_by(responder)["Agents"]] == [
        "the agent Watchtower, which ends"
    ]
    deactivate_person(responder, by=admin)
    assert held_by(responder) == {}
