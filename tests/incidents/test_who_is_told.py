"""Whom an incident may be told: ``visible_to`` asked the other way round, and what it costs."""

from itertools import product
from typing import Any

import pytest

from clock.queries import now
from deadlines.actions import sweep
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, Kind, RoleAssignment, RosterRole
from incidents.record.visibility import who_sees
from incidents.roster.actions import assign_role
from incidents.roster.messages import RoleGiven
from notifications.models import Delivery
from notifications.queries import inbox
from people.models import Role, User

pytestmark = pytest.mark.django_db

STANDINGS = ("never", "holds", "left", "held to the end")


def stand(incident: Incident, person: User, standing: str) -> None:
    """Give ``person`` that past on the roster."""
    if standing != "never":
        RoleAssignment.objects.create(
            incident=incident,
            role=RosterRole.OBSERVER,
            person=person,
            started_at=now(),
            ended_at=None if standing == "holds" else now(),
            ended_by_end=standing == "held to the end",
        )


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("kind", Kind.values)
def test_who_sees_an_incident_is_whom_it_is_visible_to(
    incident: Incident, kind: str, private: bool
) -> None:
    incident.kind, incident.private = kind, private
    incident.save()
    people = []
    for number, (role, is_active, standing) in enumerate(
        product(Role.values, [True, False], STANDINGS)
    ):
        person = User.objects.create_user(
            f"p{number}@example.org",
            name=f"{role} {standing} {'active' if is_active else 'gone'}",
            role=role,
            is_active=is_active,
        )
        stand(incident, person, standing)
        people.append(person)
    seeing = who_sees(people, incident)
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


def test_a_nudge_about_a_private_incident_reaches_nobody_who_may_not_see_it(
    incident: Incident, commander: User, responder: User, admin: User, clock: Any
) -> None:
    assign_role(incident, by=commander, role="communications", person=responder)
    change_incident(incident, by=commander, private=True)
    User.objects.filter(pk=responder.pk).update(is_active=False)
    clock.advance(hours=1)
    sweep()
    told = Delivery.objects.filter(kind="update", person=responder)
    assert set(told.values_list("state", "cancelled_reason")) == {
        ("cancelled", "The account is not active.")
    }
    assert inbox(commander).filter(kind="update").exists()
