"""A manager adds, edits and finds action items, and the history says from what to what."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from clock.queries import now
from incidents.record.models import Incident, Service
from notifications.models import Delivery
from people.models import User
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem
from tests.manager.test_admin import follow, item, manager

__all__ = ["item", "manager"]

pytestmark = pytest.mark.django_db

ADD = reverse("admin:postmortems_actionitem_add")


def typed(review: Postmortem, owner: User, **more: object) -> dict[str, object]:
    """What a manager types for a new item."""
    return {
        "postmortem": review.pk,
        "title": "Page the owner when the disk fills",
        "type": "alert",
        "owner": owner.pk,
        "priority": "p1",
        "due": (now() + timedelta(days=9)).date().isoformat(),
        "success_criterion": "The page comes at 80 %",
        "override_reason": "",
        **more,
    }


def page_of(item: ActionItem) -> str:
    """Its page in the admin."""
    return reverse("admin:postmortems_actionitem_change", args=[item.pk])


def values_of(manager: Client, item: ActionItem) -> dict[str, object]:
    """What the form of the item shows."""
    form = manager.get(page_of(item)).context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: "" if value is None else value for name, value in values.items()}


def test_an_item_is_added_by_its_action(
    manager: Client, item: ActionItem, responder: User, admin: User
) -> None:
    review = item.postmortem
    assert manager.get(ADD).status_code == 200
    assert manager.post(ADD, typed(review, responder)).status_code == 302
    added = ActionItem.objects.exclude(pk=item.pk).get()
    assert (added.title, added.owner, added.priority, added.created_by, added.state) == (
        "Page the owner when the disk fills",
        responder,
        "p1",
        admin,
        "open",
    )
    assert review.incident.entries.filter(kind="action_added").count() == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": "Be more careful"}, "Only where it asks people to be different"),
        ({"success_criterion": ""}, "This field is required."),
        ({"due": "2001-01-01"}, "Name a time that is still to come."),
    ],
)
def test_what_the_action_refuses_stands_beside_what_was_typed(
    manager: Client, item: ActionItem, responder: User, fields: dict[str, str], said: str
) -> None:
    answer = manager.post(ADD, typed(item.postmortem, responder, **fields))
    assert (answer.status_code, said in answer.content.decode()) == (200, True)
    assert ActionItem.objects.count() == 1


def test_an_item_is_edited_and_moved_by_its_actions(
    manager: Client, item: ActionItem, other_responder: User, incident: Incident
) -> None:
    values, before = values_of(manager, item), item.owner
    day = (item.due_at + timedelta(days=5)).date().isoformat()
    refused = manager.post(page_of(item), {**values, "owner": other_responder.pk, "due": day})
    assert "Say why the date moves" in refused.content.decode()
    item.refresh_from_db()
    assert (item.owner.pk == other_responder.pk, item.moved_count) == (False, 0)
    manager.post(
        page_of(item),
        {**values, "owner": other_responder.pk, "due": day, "reason": "Staging moves."},
    )
    item.refresh_from_db()
    assert (item.owner, item.moved_count, item.due_at.date().isoformat()) == (
        other_responder,
        1,
        day,
    )
    assert [
        incident.entries.filter(kind=kind).count() for kind in ("action_changed", "action_moved")
    ] == [1, 1]
    change = f"owner from {before.name} to {other_responder.name}"
    assert change in LogEntry.objects.get().get_change_message()


def test_an_item_at_its_end_is_read_only(manager: Client, item: ActionItem) -> None:
    follow(manager, "decline", item, note="Retired.")
    answer = manager.get(page_of(item))
    assert (answer.status_code, 'name="title"' in answer.content.decode()) == (200, False)
    assert manager.post(page_of(item), {"title": "x"}).status_code == 403


def test_items_are_found_by_severity_and_by_owners_who_left(
    manager: Client, item: ActionItem
) -> None:
    listed = reverse("admin:postmortems_actionitem_changelist")
    held = item.postmortem.incident.highest_severity
    for severity in ("sev1", "sev2", "sev3", "sev4"):
        address = f"{listed}?postmortem__incident__highest_severity__exact={severity}"
        text = manager.get(address).content.decode()
        assert (item.title in text) == (severity == held)


def test_a_service_passes_from_whom_to_whom_and_both_hear(
    manager: Client, responder: User, other_responder: User
) -> None:
    service = Service.objects.create(name="Checkout", slug="checkout", owner=responder)
    page = reverse("admin:incidents_service_change", args=[service.pk])
    form = manager.get(page).context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    manager.post(page, {**values, "owner": other_responder.pk, "people": []})
    service.refresh_from_db()
    assert service.owner == other_responder
    change = f"owner from {responder.name} to {other_responder.name}"
    assert change in LogEntry.objects.get().get_change_message()
    told = Delivery.objects.filter(kind="service_owner", channel="in_app")
    assert {one.person for one in told} == {responder, other_responder}
    assert {change.removeprefix("owner ") in one.text for one in told} == {True}


@pytest.mark.parametrize("who", ["stakeholder", "gone"])
def test_who_could_not_act_owns_no_service(
    manager: Client, who: str, stakeholder: User, responder: User
) -> None:
    person = stakeholder
    if who == "gone":
        User.objects.filter(pk=responder.pk).update(is_active=False)
        person = responder
    answer = manager.post(
        reverse("admin:incidents_service_add"),
        {"name": "Checkout", "slug": "checkout", "owner": person.pk},
    )
    text = answer.content.decode()
    assert "an active responder or admin owns a service" in text
    assert not Service.objects.exists()
