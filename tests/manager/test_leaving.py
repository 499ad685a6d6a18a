"""Deactivating shows what somebody holds and hands it on; what stays behind is listed."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from clock.queries import now
from deadlines.models import Deadline
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, Service
from incidents.roster.actions import assign_role, join
from incidents.sidework.actions import pause_work
from incidents.sidework.models import PausedWork
from incidents.updates.actions import AllClear
from notifications.models import Delivery
from people.actions import deactivate_person
from people.leaving import held_by
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.models import ActionItem
from postmortems.review.actions import change_facilitator, open_review
from postmortems.review.models import Postmortem
from tests.incidents.cast import last_words, ready, start

pytestmark = pytest.mark.django_db

LIST = reverse("admin:people_user_changelist")
LEFT = reverse("admin:people_user_left")


@pytest.fixture
def manager(admin: User, client: Client) -> Client:
    """The admin, signed in."""
    client.force_login(admin)
    return client


@pytest.fixture
def laden(incident: Incident, commander: User, responder: User, other_responder: User) -> User:
    """Somebody who holds one of everything."""
    clear = AllClear("It works again.", statement="Calls failed.")
    change_status(
        incident, by=commander, to="resolved", all_clear=clear, override_reason="Confirmed."
    )
    review = open_review(incident, by=commander)
    change_status(incident, by=commander, to="investigating", reason="It came back.")
    Service.objects.create(name="Checkout", slug="checkout", owner=responder)
    start(ready(incident, responder, "Cap the query", pair=other_responder), responder)
    pause_work(incident, by=commander, title="Migration", owner=responder, why="Hands.")
    change_facilitator(review, by=commander, person=responder)
    add_item(
        review,
        by=commander,
        title="Limit every query to 5 000 rows in the ORM",
        type="guardrail",
        owner=responder,
        due_at=now() + timedelta(days=10),
        priority="p1",
        success_criterion="No query returns more",
    )
    change_incident(
        incident,
        by=commander,
        cadence={"daily_at": "09:00", "watching": responder, "reason": "It takes days."},
    )
    return responder


def everything(incident: Incident) -> dict[str, str]:
    """What they hold, in words."""
    return {
        "Seats": f"Responder of {incident}",
        "Services": "owner of Checkout",
        "Cards": "“Cap the query” in Now",
        "Paused work": f"“Migration” ({incident.ref})",
        "Watches": f"watching {incident} in quiet hours",
        "Action items": "Limit every query to 5 000 rows in the ORM",
        "Reviews": f"review of {incident}",
    }


def test_what_somebody_holds_is_shown_before_they_are_deactivated(
    manager: Client, laden: User, incident: Incident
) -> None:
    held = everything(incident)
    assert {kind: one.what for kind, (one,) in held_by(laden).items()} == held
    answer = manager.post(LIST, {"action": "deactivate", "_selected_action": [laden.pk]})
    text = answer.content.decode()
    assert [what for what in held.values() if what not in text] == []
    laden.refresh_from_db()
    assert laden.is_active
    own = manager.get(reverse("admin:people_user_change", args=[laden.pk])).content.decode()
    assert [what for what in held.values() if what not in own] == []


def test_it_is_handed_on_in_the_same_step_and_its_heir_hears_of_it_once(
    manager: Client, laden: User, outsider: User, incident: Incident
) -> None:
    manager.post(
        LIST,
        {
            "action": "deactivate",
            "_selected_action": [laden.pk],
            "confirmed": "yes",
            f"person-{laden.pk}-to": outsider.pk,
        },
    )
    laden.refresh_from_db()
    incident.refresh_from_db()
    assert (laden.is_active, held_by(laden)) == (False, {})
    assert Service.objects.get().owner == outsider
    assert PausedWork.objects.get().owner == outsider
    assert ActionItem.objects.get().owner == outsider
    assert Postmortem.objects.get().facilitator == outsider
    assert incident.watching == outsider
    told = Delivery.objects.get(kind="inherited", channel="in_app")
    assert (told.person, told.subject_line) == (outsider, "3 things passed on to you")
    assert told.text == (
        f"{laden.name} has left. Yours now:\n- the service Checkout\n"
        f"- the paused work “Migration” ({incident.ref})\n"
        f"- the watch of {incident.ref} in quiet hours"
    )
    notes = Deadline.objects.open().get(kind="morning", subject_id=outsider.pk).context["notes"]
    assert sorted(note[0] for note in notes) == ["action_item", "facilitates"]
    assert last_words(incident, "work_passed") == [
        f"{laden.name} has left; {outsider.name} owns “Migration” now"
    ]


def test_an_heir_who_cannot_act_is_refused_beside_the_form(
    manager: Client, laden: User, stakeholder: User
) -> None:
    posted = {
        "action": "deactivate",
        "_selected_action": [laden.pk],
        "confirmed": "yes",
        f"person-{laden.pk}-to": stakeholder.pk,
    }
    answer = manager.post(LIST, posted)
    assert "Select a valid choice" in answer.content.decode()
    laden.refresh_from_db()
    assert laden.is_active


def test_what_is_private_passes_only_to_who_sees_it(
    incident: Incident, commander: User, responder: User, outsider: User, admin: User
) -> None:
    join(incident, by=responder)
    pause_work(incident, by=commander, title="Migration", owner=responder, why="Hands.")
    change_incident(incident, by=commander, private=True)
    deactivate_person(responder, by=admin, to=outsider)
    assert PausedWork.objects.get().owner == admin
    assert not Delivery.objects.filter(person=outsider, kind="inherited").exists()


def test_words_of_what_turned_private_are_taken_out_of_the_message(
    incident: Incident, commander: User, responder: User, outsider: User, admin: User
) -> None:
    Service.objects.create(name="Checkout", slug="checkout", owner=responder)
    pause_work(incident, by=commander, title="Migration", owner=responder, why="Hands.")
    deactivate_person(responder, by=admin, to=outsider)
    change_incident(incident, by=commander, private=True)
    client = Client()
    client.force_login(outsider)
    inbox = client.get("/api/v1/notifications").json()["items"]
    assert [one["text"] for one in inbox] == [
        f"{responder.name} has left. Yours now:\n- the service Checkout"
    ]


def test_becoming_a_stakeholder_hands_on_in_the_persons_form(
    manager: Client, laden: User, outsider: User, incident: Incident
) -> None:
    page = reverse("admin:people_user_change", args=[laden.pk])
    form = manager.get(page).context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    values |= {"role": "stakeholder", "to": outsider.pk, "by_email": "on"}
    answer = manager.post(page, values)
    assert answer.status_code == 302
    laden.refresh_from_db()
    assert (laden.role, held_by(laden)) == ("stakeholder", {})
    assert PausedWork.objects.get().owner == outsider
    assert last_words(incident, "left") == [f"{laden.name} is a stakeholder now"]
    assert "is a stakeholder now. Yours now" in (
        Delivery.objects.get(kind="inherited", channel="in_app").text
    )
    said = LogEntry.objects.get().get_change_message()
    assert "role from Responder to Stakeholder" in said


def test_the_last_manager_stays_one_in_their_own_form(manager: Client, admin: User) -> None:
    page = reverse("admin:people_user_change", args=[admin.pk])
    form = manager.get(page).context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    answer = manager.post(page, {**values, "role": "responder", "to": ""})
    assert "The last manager stays one" in answer.content.decode()
    admin.refresh_from_db()
    assert admin.is_admin


def test_what_is_held_by_people_who_left_is_listed_and_handed_on(
    manager: Client, laden: User, outsider: User, incident: Incident
) -> None:
    assert "Nothing is held by people who left." in manager.get(LEFT).content.decode()
    # As it is where nobody was left to inherit, or a row was written past the actions.
    User.objects.filter(pk=laden.pk).update(is_active=False)
    text = manager.get(LEFT).content.decode()
    assert [what for what in everything(incident).values() if what not in text] == []
    manager.post(LEFT, {f"person-{laden.pk}-to": outsider.pk})
    assert held_by(laden) == {}
    assert PausedWork.objects.get().owner == outsider
    assert "Nothing is held by people who left." in manager.get(LEFT).content.decode()


def test_a_stakeholder_who_observes_holds_nothing_that_passes_on(
    manager: Client, incident: Incident, commander: User, stakeholder: User
) -> None:
    assign_role(incident, by=commander, role="observer", person=stakeholder)
    assert "Nothing is held by people who left." in manager.get(LEFT).content.decode()
