"""What executives and responders read of an incident that was cancelled or merged (P46, P49)."""

import pytest
from django.test import Client

from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from incidents.record.models import Incident
from incidents.updates.actions import AllClear
from people.models import User
from refusals.errors import Invalid
from tests.conftest import Clock
from tests.stakeholders.conftest import address, page

pytestmark = pytest.mark.django_db

LIST = "/stakeholders/"


@pytest.fixture
def other(commander: User) -> Incident:
    """The incident that goes on."""
    return declare_incident(by=commander, title="Replica lags", severity="sev2")


def answer(person: User, path: str) -> dict[str, object]:
    """What the API answers this person."""
    client = Client()
    client.force_login(person)
    found: dict[str, object] = client.get(f"/api/v1/{path}").json()
    return found


def test_p46_a_cancelled_incident_says_why_on_list_page_room_and_api_for_two_weeks(
    incident: Incident, commander: User, responder: User, stakeholder: User, clock: Clock
) -> None:
    clock.advance(minutes=20)
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    clock.advance(minutes=40)
    said = "It was a false alarm. The probe was wrong."
    assert said in page(stakeholder, LIST)
    assert said in page(stakeholder, address(incident))
    assert said in page(responder, f"/incidents/{incident.ref}/")
    facts = answer(stakeholder, f"stakeholders/{incident.ref}")
    assert (facts["ended_because"], facts["merged_into"]) == ("The probe was wrong.", None)
    assert "20 min" in page(stakeholder, LIST)
    state = answer(responder, f"incidents/{incident.ref}")
    assert (state["ended_because"], state["merged_into"]) == ("The probe was wrong.", None)
    clock.advance(days=14)
    assert said not in page(stakeholder, LIST)
    assert said in page(stakeholder, address(incident))


def test_p46_a_merged_incident_says_where_to_look_as_long_as_the_other_stands_there(
    incident: Incident,
    other: Incident,
    commander: User,
    responder: User,
    stakeholder: User,
    clock: Clock,
) -> None:
    merge_incident(incident, by=commander, into=other, reason="One replica.")
    said = f"It is part of {other.ref} : look there. One replica."
    link = f'href="/stakeholders/{other.ref}/"'
    client = Client()
    client.force_login(stakeholder)
    for path in (LIST, address(incident)):
        assert said in page(stakeholder, path)
        assert link in client.get(path).content.decode()
    assert said in page(responder, f"/incidents/{incident.ref}/")
    clock.advance(days=30)
    assert said in page(stakeholder, LIST)
    change_status(other, by=commander, to="cancelled", reason="Nothing lagged.")
    assert said not in page(stakeholder, LIST)


def test_a_private_target_is_named_to_nobody_outside(
    incident: Incident, other: Incident, commander: User, stakeholder: User, responder: User
) -> None:
    change_incident(other, by=commander, private=True)
    merge_incident(incident, by=commander, into=other, reason="A leak in the replica.")
    for person, path in (
        (stakeholder, LIST),
        (stakeholder, address(incident)),
        (responder, f"/incidents/{incident.ref}/"),
    ):
        read = page(person, path)
        assert "It is part of another incident." in read
        assert (other.ref in read, "A leak" in read) == (False, False)
    facts = answer(stakeholder, f"stakeholders/{incident.ref}")
    assert (facts["ended_because"], facts["merged_into"]) == ("", None)


def test_a_target_made_private_afterwards_takes_its_name_and_the_reason_away(
    incident: Incident, other: Incident, commander: User, stakeholder: User
) -> None:
    merge_incident(incident, by=commander, into=other, reason="A leak in the replica.")
    change_incident(other, by=commander, private=True)
    for path in (LIST, address(incident)):
        read = page(stakeholder, path)
        assert "It is part of another incident." in read
        assert (other.ref in read, "A leak" in read) == (False, False)


def test_a_private_incident_that_ended_stands_on_no_list_of_others(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    change_incident(incident, by=commander, private=True)
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    read = page(stakeholder, LIST)
    assert (incident.ref in read, "probe" in read) == (False, False)


def test_a_drill_and_a_real_incident_stay_apart(incident: Incident, commander: User) -> None:
    drill = declare_incident(by=commander, title="An exercise", severity="sev2", kind="drill")
    for one, into in ((incident, drill), (drill, incident)):
        with pytest.raises(Invalid) as refused:
            merge_incident(one, by=commander, into=into, reason="One cause.")
        assert refused.value.errors == {"into": "A drill and a real incident stay apart."}


@pytest.mark.parametrize("to", ["cancelled", "resolved"])
def test_an_ended_room_looks_ended(
    to: str, incident: Incident, commander: User, responder: User
) -> None:
    """Nobody is missed in red, nothing invites to press keys."""
    room = f"/incidents/{incident.ref}/"
    before = page(responder, room)
    invitations = ("press 1 on it", "Press c and write", "Write it", "What does good look like?")
    assert [words in before for words in invitations] == [True] * 4
    Incident.objects.filter(pk=incident.pk).update(end_state="")
    if to == "cancelled":
        change_status(incident, by=commander, to=to, reason="The probe was wrong.")
    else:
        change_status(
            incident,
            by=commander,
            to=to,
            all_clear=AllClear("It works again.", statement="Calls failed."),
            override_reason="The vendor says so.",
        )
    after = page(responder, room)
    assert [words in after for words in (*invitations, "nobody leads", "no fix owner")] == [
        False
    ] * 6
    assert [words in after for words in ("It lasted", "Everything we told", "Who was there")] == [
        True
    ] * 3
    assert "Open the review" in after
    # What was cancelled has no way back, so none is offered.
    assert ("Close or reopen" in after, "Reopen" in after) == (to == "resolved", False)
    assert "The team is agreeing" not in page(responder, f"/stakeholders/{incident.ref}/")
