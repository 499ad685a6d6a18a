"""Whom an incident may be told: ``visible_to`` asked the other way round, and what it costs."""

from itertools import product
from typing import Any

import pytest

from clock.queries import now
from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, Kind, RoleAssignment, RosterRole
from incidents.record.visibility import is_visible, who_sees
from incidents.roster.actions import assign_role, join
from incidents.roster.messages import RoleGiven
from notifications.models import Delivery
from notifications.verdicts import TELL, drop, verdict_on
from people.models import Role, User
from tests.conftest import Clock

pytestmark = pytest.mark.django_db

STANDINGS = ("never", "holds", "is offered", "left", "held to the end")


def stand(incident: Incident, person: User, standing: str, role: str) -> None:
    """Give ``person`` that past on the roster; a role can be offered to one person at a time."""
    if standing != "never":
        RoleAssignment.objects.create(
            incident=incident,
            role=role if standing == "is offered" else RosterRole.OBSERVER,
            person=person,
            started_at=now(),
            accepted_at=None if standing == "is offered" else now(),
            ended_at=None if standing in ("holds", "is offered") else now(),
            ended_by_end=standing == "held to the end",
        )


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("kind", Kind.values)
def test_who_sees_an_incident_is_whom_it_is_visible_to(
    incident: Incident, kind: str, private: bool
) -> None:
    incident.kind, incident.private = kind, private
    incident.save()
    people, offers = [], iter(RosterRole.values)
    for number, (role, is_active, standing) in enumerate(
        product(Role.values, [True, False], STANDINGS)
    ):
        person = User.objects.create_user(
            f"p{number}@example.org",
            name=f"{role} {standing} {'active' if is_active else 'gone'}",
            role=role,
            is_active=is_active,
        )
        stand(incident, person, standing, next(offers) if standing == "is offered" else "")
        people.append(person)
    seeing = who_sees(people, incident)
    assert {one.pk for one in people if is_visible(one, incident.pk)} == seeing
    assert {one.name for one in people if one.pk in seeing} == {
        one.name
        for one in people
        if Incident.objects.visible_to(one).filter(pk=incident.pk).exists()
    }


@pytest.mark.parametrize(("private", "queries"), [(False, 2), (True, 3)])
def test_telling_about_an_incident_at_hand_costs_no_query_unless_it_is_private(
    incident: Incident,
    commander: User,
    responder: User,
    private: bool,
    queries: int,
    django_assert_num_queries: Any,
) -> None:
    incident.private = private
    given = RoleAssignment.objects.select_related("person").get(incident=incident, person=commander)
    with django_assert_num_queries(queries):
        RoleGiven.tell(incident, given, by=responder, note="")


def test_a_nudge_about_a_private_incident_does_not_leave_once_its_reader_has_left_the_roster(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    join(incident, by=responder)
    assign_role(incident, by=responder, role="communications", person=responder)
    change_incident(incident, by=commander, private=True)
    deadline = Deadline.objects.open().get(kind="update")
    clock.advance(seconds=(deadline.due_at - now()).total_seconds() + 1)
    sweep()
    mail = Delivery.objects.select_related("person").get(
        kind="update", step="due", person=responder, channel="email"
    )
    assert verdict_on(mail) == TELL
    incident.roles.filter(person=responder).update(ended_at=now())
    assert verdict_on(mail) == drop("They may not see the incident any more.")
