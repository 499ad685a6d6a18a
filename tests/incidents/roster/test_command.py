"""Seats: exactly one holder, passed on with a note, never dropped."""

from datetime import timedelta

import pytest

from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.board.actions import add_card
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.command import accept_command, accept_role, ask_commander, decline_role
from incidents.roster.permissions import Act, who_may
from incidents.roster.queries import commander_of, who_hears
from notifications.models import Delivery
from people.models import User
from refusals.errors import Forbidden, Invalid, Refused
from tests.conftest import Clock
from tests.incidents.cast import last_words
from tests.incidents.roster.seated import seats


def test_p11_command_is_offered_with_a_note_and_passes_when_accepted(
    incident: Incident, commander: User, responder: User
) -> None:
    with pytest.raises(Refused) as caught:
        assign_role(incident, by=commander, role="commander", person=responder)
    assert caught.value.code == "note_required"
    offer = assign_role(
        incident, by=commander, role="commander", person=responder, note="74 % errors."
    )
    assert (offer.state, seats(incident)) == ("offered", [("commander", "Maya")])
    add_note(incident, by=responder, text="Reading.")
    assert commander_of(incident) == commander
    held = accept_role(offer.pk, by=responder)
    assert (held.state, seats(incident)) == (
        "held",
        [("commander", "Tunde"), ("responder", "Maya")],
    )
    assert last_words(incident, "role_handed_over") == [
        "passed commander from Maya Köhler to Tunde Okafor: 74 % errors."
    ]
    assert accept_command(incident, by=responder).pk == held.pk
    assert len(last_words(incident, "role_handed_over")) == 1


def test_p11_an_offer_is_declined_and_the_giver_leads_on_and_hears_it(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    offer = assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    with pytest.raises(Forbidden):
        decline_role(offer.pk, by=other_responder)
    decline_role(offer.pk, by=responder, note="On a train.")
    decline_role(offer.pk, by=responder)
    assert commander_of(incident) == commander
    told = Delivery.objects.filter(kind="offer_declined", channel="in_app").get()
    assert (told.person, "On a train." in told.text) == (commander, True)
    with pytest.raises(Refused) as caught:
        accept_role(offer.pk, by=responder)
    assert caught.value.code == "invalid_transition"


def test_p11_a_new_offer_ends_the_one_before(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    first = assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    second = assign_role(
        incident, by=commander, role="commander", person=other_responder, note="Or yours."
    )
    first.refresh_from_db()
    assert (first.state, second.state) == ("ended", "offered")


def test_p10_whoever_accepts_command_meanwhile_working_is_refused(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    join(incident, by=other_responder)
    offer = assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    running_card(incident, commander, responder)
    with pytest.raises(Refused) as caught:
        accept_role(offer.pk, by=responder)
    assert caught.value.code == "commander_cannot_own_work"
    assert commander_of(incident) == commander


def test_the_deputy_is_named_by_whoever_leads_and_is_somebody_else(
    incident: Incident, commander: User, responder: User
) -> None:
    with pytest.raises(Refused) as caught:
        assign_role(incident, by=responder, role="deputy", person=responder)
    assert (caught.value.code, caught.value.facts) == ("only_commander", {"ask": "deputy"})
    with pytest.raises(Invalid):
        assign_role(incident, by=commander, role="deputy", person=commander)
    assert assign_role(incident, by=commander, role="deputy", person=responder).state == "held"


def test_a_role_can_be_recorded_afterwards_with_its_real_time(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    since = clock.now
    clock.advance(minutes=20)
    held = assign_role(
        incident,
        by=commander,
        role="commander",
        person=responder,
        note="Tunde led from the start.",
        occurred_at=since,
    )
    assert (held.started_at, held.state) == (since, "held")
    entry = incident.entries.filter(kind="role_handed_over").get()
    assert (entry.at, entry.afterwards) == (since, True)
    with pytest.raises(Invalid):
        assign_role(
            incident,
            by=commander,
            role="scribe",
            person=responder,
            occurred_at=clock.now + timedelta(hours=1),
        )


def test_p11_command_not_accepted_for_two_minutes_nudges_both(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    clock.advance(minutes=2, seconds=1)
    sweep()
    nudged = Delivery.objects.filter(kind="command_acceptance", channel="in_app")
    assert {one.person for one in nudged} == {commander, responder}


def test_p11_nobody_takes_command_before_asking_and_waiting_two_minutes(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    def take() -> str:
        try:
            assign_role(incident, by=responder, role="commander", person=responder, note="Silent.")
        except Refused as refusal:
            return refusal.code
        return "taken"

    assert take() == "role_taken"
    ask_commander(incident, by=responder)
    assert take() == "role_taken"
    clock.advance(minutes=2, seconds=1)
    add_note(incident, by=commander, text="I am here.")
    assert take() == "role_taken"
    ask_commander(incident, by=responder)
    clock.advance(minutes=2, seconds=1)
    assert take() == "taken"
    assert seats(incident) == [("commander", "Tunde"), ("responder", "Maya")]
    assert last_words(incident, "command_taken") == [
        "took over as commander from Maya Köhler: Silent."
    ]


def test_p11_an_offer_ends_when_the_seat_is_taken_meanwhile(
    incident: Incident,
    commander: User,
    responder: User,
    other_responder: User,
    clock: Clock,
) -> None:
    offer = assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    ask_commander(incident, by=other_responder)
    clock.advance(minutes=2, seconds=1)
    by = other_responder
    assign_role(incident, by=by, role="commander", person=by, note="Silent.")
    with pytest.raises(Refused) as caught:
        accept_role(offer.pk, by=responder)
    assert caught.value.code == "invalid_transition"
    assert commander_of(incident) == other_responder
    assert not Deadline.objects.open().filter(kind="command_acceptance").exists()


def test_p11_command_is_never_just_dropped(incident: Incident, commander: User) -> None:
    held = incident.roles.get(role="commander")
    with pytest.raises(Refused) as caught:
        release_role(held.pk, by=commander, note="Bye.")
    assert caught.value.code == "note_required"
    assert seats(incident) == [("commander", "Maya")]


def test_the_same_holder_named_again_changes_nothing(
    incident: Incident, commander: User, responder: User
) -> None:
    first = assign_role(incident, by=commander, role="fix_owner", person=responder)
    version = Incident.objects.get(pk=incident.pk).version
    again = assign_role(incident, by=commander, role="fix_owner", person=responder)
    assert (again.pk, Incident.objects.get(pk=incident.pk).version) == (first.pk, version)


def test_p45_the_promise_is_owed_by_whoever_speaks(
    incident: Incident, commander: User, responder: User
) -> None:
    def owner() -> User | None:
        return Deadline.objects.open().get(kind="update").owner

    assert owner() == commander
    held = assign_role(incident, by=commander, role="communications", person=responder)
    assert owner() == responder
    release_role(held.pk, by=responder, note="Off.")
    assert owner() == commander


def test_p11_an_admin_takes_command_by_the_same_rules(
    incident: Incident, admin: User, clock: Clock
) -> None:
    with pytest.raises(Refused) as caught:
        assign_role(incident, by=admin, role="commander", person=admin, note="Mine.")
    assert caught.value.code == "role_taken"
    ask_commander(incident, by=admin)
    with pytest.raises(Refused) as waits:
        assign_role(incident, by=admin, role="commander", person=admin, note="Mine.")
    assert set(waits.value.facts) == {"free_at"}
    clock.advance(minutes=2, seconds=1)
    held = assign_role(incident, by=admin, role="commander", person=admin, note="Mine.")
    assert (held.person, held.accepted_at == held.started_at) == (admin, True)


def test_p11_while_command_is_only_offered_the_giver_leads(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    clock.advance(minutes=2, seconds=1)
    again = assign_role(incident, by=commander, role="commander", person=commander)
    assert (again.person, again.state) == (commander, "held")
    assert seats(incident) == [("commander", "Maya")]


def test_away_is_whoever_leaves_an_ask_unanswered_until_their_next_act(
    incident: Incident, commander: User, responder: User, other_responder: User, clock: Clock
) -> None:
    assign_role(incident, by=commander, role="deputy", person=other_responder)
    ask_commander(incident, by=responder)
    clock.advance(minutes=2, seconds=1)
    assert who_may(incident, Act.RESOLVE) == [other_responder, commander]
    assert who_hears(incident, "commander") == [other_responder]
    add_note(incident, by=commander, text="Back.")
    assert who_may(incident, Act.RESOLVE) == [commander]
    assert who_hears(incident, "commander") == [commander]


def test_p11_asking_twice_is_asking_once_and_oneself_never(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    first = ask_commander(incident, by=responder)
    assert ask_commander(incident, by=other_responder).asked_at == first.asked_at
    assert last_words(incident, "command_asked") == ["asked Maya Köhler to act or hand over"]
    assert Delivery.objects.filter(kind="command_asked", channel="in_app").count() == 1
    with pytest.raises(Invalid):
        ask_commander(incident, by=commander)


def running_card(incident: Incident, by: User, owner: User) -> None:
    """A card in Now."""
    add_card(
        incident,
        by=by,
        title="Read logs",
        owner=owner,
        expected_proof="a line",
        risk="read_only",
        column="now",
        serves="end_state",
    )


def test_p10_whoever_works_on_a_card_is_not_named_commander(
    incident: Incident, commander: User, responder: User
) -> None:
    running_card(incident, commander, responder)
    with pytest.raises(Refused) as caught:
        assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    assert caught.value.code == "commander_cannot_own_work"
    assert caught.value.facts["card"]["title"] == "Read logs"
    assert incident.roles.active().get(role="commander").person == commander


def test_p10_where_the_policy_warns_it_passes_and_is_marked(
    commander: User, responder: User
) -> None:
    incident = declare_incident(by=commander, title="It is slow", severity="sev3")
    running_card(incident, commander, responder)
    offer = assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    accept_role(offer.pk, by=responder)
    entry = incident.entries.get(kind="role_handed_over")
    assert entry.data["marks"] == ["warn:commander_cannot_own_work"]
