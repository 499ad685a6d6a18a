"""A way back is never refused, and asks the rules of the seats again (section 3)."""

import pytest

from deadlines.models import Deadline
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.roster.queries import commander_of
from people.models import User
from tests.incidents.cast import ready, start

pytestmark = pytest.mark.django_db

CLEAR = AllClear("It works again.", statement="Calls failed.")


def end(incident: Incident, by: User) -> None:
    """Resolve it."""
    change_status(incident, by=by, to="resolved", all_clear=CLEAR, override_reason="Confirmed.")


def seats_of(incident: Incident, person: User) -> list[str]:
    """What somebody holds now."""
    return sorted(incident.roles.active().filter(person=person).values_list("role", flat=True))


def test_p10_whoever_works_in_now_reopens_it_without_command(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    for person in (responder, other_responder):
        join(incident, by=person)
    start(ready(incident, responder, pair=other_responder), responder)
    end(incident, commander)
    again = change_status(incident, by=responder, to="investigating", reason="It came back.")
    assert (commander_of(again), seats_of(again, responder)) == (None, ["responder"])
    assert Deadline.objects.open().filter(kind="no_commander", incident_id=again.pk).exists()


def test_p10_where_the_policy_warns_they_command_marked(
    commander: User, responder: User, other_responder: User
) -> None:
    incident = declare_incident(by=commander, title="It is slow", severity="sev3")
    for person in (responder, other_responder):
        join(incident, by=person)
    start(ready(incident, responder, pair=other_responder), responder)
    end(incident, commander)
    again = change_status(incident, by=responder, to="investigating", reason="It came back.")
    assert commander_of(again) == responder
    entry = again.entries.filter(kind="role_assigned", data__role="commander").last()
    assert entry is not None
    assert entry.data["marks"] == ["warn:commander_cannot_own_work"]


def test_what_ended_with_the_incident_is_not_held_again(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    assign_role(
        incident, by=commander, role="commander", person=other_responder, note="Over to you."
    )
    end(incident, commander)
    assert not incident.roles.offered().exists()
    again = change_status(incident, by=commander, to="investigating", reason="It came back.")
    assert (seats_of(again, commander), seats_of(again, responder)) == (["commander"], [])
    assert not again.roles.offered().exists()
    assert not Deadline.objects.open().filter(kind="command_acceptance").exists()


def test_an_offer_that_ended_with_a_private_incident_opens_nothing(
    incident: Incident, commander: User, other_responder: User
) -> None:
    """Whoever never accepted was never on its roster."""
    Incident.objects.filter(pk=incident.pk).update(private=True)
    assign_role(
        incident, by=commander, role="commander", person=other_responder, note="Over to you."
    )
    assert Incident.objects.visible_to(other_responder).filter(pk=incident.pk).exists()
    end(incident, commander)
    assert not Incident.objects.visible_to(other_responder).filter(pk=incident.pk).exists()
