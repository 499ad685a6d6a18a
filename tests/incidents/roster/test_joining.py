"""Joining and leaving a roster, and who takes part at all."""

from collections.abc import Callable

import pytest

from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.command import accept_command, ask_commander
from people.models import User
from refusals.errors import Forbidden, Invalid
from tests.incidents.cast import last_words
from tests.incidents.roster.seated import seats


def test_joining_and_leaving(incident: Incident, responder: User) -> None:
    held = join(incident, by=responder)
    assert join(incident, by=responder).pk == held.pk
    release_role(held.pk, by=responder)
    release_role(held.pk, by=responder)
    assert seats(incident) == [("commander", "Maya")]
    assert len(last_words(incident, "left")) == 1


def test_an_observer_who_acts_becomes_a_responder(incident: Incident, responder: User) -> None:
    join(incident, by=responder, role="observer")
    assert seats(incident) == [("commander", "Maya"), ("observer", "Tunde")]
    add_note(incident, by=responder, text="I see something.")
    assert seats(incident) == [("commander", "Maya"), ("responder", "Tunde")]


def test_roles_are_for_people_who_take_part(
    incident: Incident, commander: User, responder: User, stakeholder: User
) -> None:
    with pytest.raises(Invalid):
        assign_role(incident, by=commander, role="fix_owner", person=stakeholder)
    with pytest.raises(Invalid):
        assign_role(incident, by=commander, role="captain", person=responder)
    with pytest.raises(Forbidden):
        join(incident, by=stakeholder)
    with pytest.raises(Forbidden):
        accept_command(incident, by=responder)


def test_stakeholders_take_no_part_in_the_war_room(
    incident: Incident, commander: User, responder: User, stakeholder: User
) -> None:
    held = assign_role(incident, by=commander, role="scribe", person=responder)
    acts: list[Callable[[], object]] = [
        lambda: join(incident, by=stakeholder),
        lambda: ask_commander(incident, by=stakeholder),
        lambda: accept_command(incident, by=stakeholder),
        lambda: release_role(held.pk, by=stakeholder, note="x"),
        lambda: assign_role(incident, by=stakeholder, role="scribe", person=responder),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()
