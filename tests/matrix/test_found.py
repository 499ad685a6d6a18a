"""What the state machine found, each as the shortest case."""

from datetime import timedelta

import pytest

from clock.queries import now
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.actions import assign_role, join
from incidents.sidework.actions import pause_work
from incidents.updates.balance import check_books
from people.actions import create_or_change_person
from people.leaving import held_by
from people.models import Role, User
from refusals.errors import Invalid
from tests.incidents.cast import ready, start

pytestmark = pytest.mark.django_db


def test_who_becomes_a_stakeholder_holds_nothing(incident: Incident, commander: User) -> None:
    create_or_change_person(commander.email, role=Role.STAKEHOLDER)
    assert held_by(User.objects.get(pk=commander.pk)) == {}


def test_who_holds_a_seat_does_not_only_watch(incident: Incident, commander: User) -> None:
    with pytest.raises(Invalid, match="is commander. Pass that on first"):
        join(incident, by=commander, role="observer")


def test_who_goes_over_to_watching_lets_their_cards_go(
    incident: Incident, responder: User, other_responder: User
) -> None:
    join(incident, by=other_responder)
    card = start(ready(incident, responder, pair=other_responder), responder)
    join(incident, by=responder, role="observer")
    card.refresh_from_db()
    assert (card.owner, card.pair) == (other_responder, None)


def test_paused_work_is_not_owed_by_somebody_who_cannot_settle_it(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    with pytest.raises(Invalid, match="reads along"):
        pause_work(incident, by=commander, title="Re-index", owner=stakeholder, why="Same disk.")


def test_what_is_recorded_afterwards_is_no_hole_in_the_books(commander: User) -> None:
    a_day_ago = now() - timedelta(days=1)
    declare_incident(by=commander, title="It broke", severity="sev2", occurred_at=a_day_ago)
    assert check_books() == []


def test_a_deputy_who_takes_command_is_not_their_own_deputy(
    incident: Incident, commander: User, responder: User
) -> None:
    assign_role(incident, by=commander, role="deputy", person=responder)
    RoleAssignment.objects.filter(person=commander).update(
        asked_at=now() - timedelta(minutes=3), acted_at=None
    )
    assign_role(incident, by=responder, role="commander", person=responder, note="Mine now.")
    held = RoleAssignment.objects.active().filter(incident=incident, person=responder)
    assert [one.role for one in held] == ["commander"]
