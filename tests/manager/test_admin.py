"""The manager's pages: every list opens, and every change goes through an action."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin as site
from django.test import Client
from django.urls import reverse

from clock.queries import now
from incidents.lifecycle.actions import change_status
from incidents.record.models import Incident
from incidents.updates.actions import AllClear
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.following import finish_item
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem

OURS = ("people", "notifications", "deadlines", "incidents", "postmortems")
LISTS = [
    f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    for model in site.site._registry
    if model._meta.app_label in OURS
]


@pytest.fixture
def manager(admin: User, client: Client) -> Client:
    """The admin, signed in."""
    client.force_login(admin)
    return client


@pytest.fixture
def item(incident: Incident, commander: User, responder: User) -> ActionItem:
    """An open action item of ``responder`` in a review that resolving opened."""
    clear = AllClear(executive_summary="All clear.", statement="Three of four API calls fail.")
    change_status(
        incident, by=commander, to="resolved", all_clear=clear, override_reason="Confirmed."
    )
    return add_item(
        Postmortem.objects.get(incident=incident),
        by=commander,
        title="Limit every query to 5 000 rows in the ORM",
        type="guardrail",
        owner=responder,
        due_at=now() + timedelta(days=10),
        priority="p1",
        success_criterion="No query returns more",
    )


def follow(manager: Client, action: str, *items: ActionItem, **fields: object) -> list[str]:
    """Run an action on items; answers what the page says."""
    answer = manager.post(
        reverse("admin:postmortems_actionitem_changelist"),
        {"action": action, "_selected_action": [item.pk for item in items], **fields},
        follow=True,
    )
    return [str(message) for message in answer.context["messages"]]


def test_every_list_opens_and_searches(manager: Client, item: ActionItem) -> None:
    assert len(LISTS) >= 10
    answers = {
        name: manager.get(reverse(name), {"q": "x"} if query else {}).status_code
        for name in LISTS
        for query in (False, True)
        if not (query and name.endswith(("pass_changelist", "policy_changelist")))
    }
    assert set(answers.values()) == {200}


@pytest.mark.parametrize("name", LISTS)
def test_only_managers_enter(name: str, client: Client, commander: User) -> None:
    client.force_login(commander)
    assert client.get(reverse(name)).status_code in (302, 403)


def test_the_record_is_neither_edited_nor_deleted(manager: Client, incident: Incident) -> None:
    entry = incident.entries.get()
    page = reverse("admin:incidents_timelineentry_change", args=[entry.pk])
    assert manager.post(page, {"text": "nicer"}).status_code == 403
    gone = reverse("admin:incidents_timelineentry_delete", args=[entry.pk])
    assert manager.post(gone, {"post": "yes"}).status_code == 403
    entry.refresh_from_db()
    assert entry.text == "declared SEV1: API calls fail"


def test_bulk_reassign_is_on_the_timeline(
    manager: Client, item: ActionItem, other_responder: User, incident: Incident
) -> None:
    assert follow(manager, "reassign", item) == ["Choose the new owner beside the action."]
    said = follow(manager, "reassign", item, owner=other_responder.pk)
    item.refresh_from_db()
    assert (said, item.owner) == (["1 given to Ravi Patel."], other_responder)
    assert incident.entries.filter(kind="action_changed").count() == 1


def test_bulk_move_needs_a_reason_and_is_counted(manager: Client, item: ActionItem) -> None:
    day = (now() + timedelta(days=20)).date()
    (refused,) = follow(manager, "move", item, due=day.isoformat())
    assert refused.startswith(f"{item.title}: ")
    said = follow(manager, "move", item, due=day.isoformat(), note="Staging moves house.")
    item.refresh_from_db()
    assert (said, item.due_at.date(), item.moved_count) == (
        [f"1 moved to {day:%-d %b %Y}."],
        day,
        1,
    )


def test_what_is_refused_of_many_is_said_and_stops_none_of_the_others(
    manager: Client, item: ActionItem, commander: User, responder: User
) -> None:
    finish_item(item, by=responder)
    other = add_item(
        item.postmortem,
        by=commander,
        title="Alert when a query reads 5 000 rows",
        type="alert",
        owner=responder,
        due_at=item.due_at,
        priority="p2",
        success_criterion="It fires in staging.",
    )
    day = (now() + timedelta(days=20)).date()
    said = follow(manager, "move", item, other, due=day.isoformat(), note="Staging moves house.")
    other.refresh_from_db()
    assert said == [
        f"{item.title}: Only an open item's date can be moved.",
        f"1 moved to {day:%-d %b %Y}.",
    ]
    assert other.due_at.date() == day


def test_p58_no_mass_action_asserts_that_items_are_verified(
    manager: Client, item: ActionItem, admin: User
) -> None:
    finish_item(item, by=item.owner, note="Merged.")
    assert follow(manager, "verify", item, note="Seen.") == ["No action selected."]
    item.refresh_from_db()
    assert item.state == "done"


def test_many_items_are_finished_declined_and_prioritised_at_once(
    manager: Client, item: ActionItem, admin: User
) -> None:
    assert follow(manager, "prioritise", item, priority="p0") == ["1 are P0 now."]
    (refused,) = follow(manager, "decline", item, note="")
    assert "Say why it is not done" in refused
    assert follow(manager, "finish", item, note="Merged.") == [
        "1 are done; somebody else verifies each."
    ]
    item.refresh_from_db()
    assert (item.state, item.priority, item.done_by, item.done_note) == (
        "done",
        "p0",
        admin,
        "Merged.",
    )
    assert follow(manager, "decline", item, note="Retired.") == ["1 will not be done."]
    item.refresh_from_db()
    assert (item.state, item.declined_because) == ("declined", "Retired.")


def test_items_whose_owner_left_are_found(manager: Client, item: ActionItem) -> None:
    address = "/admin/postmortems/actionitem/?follow=left"
    assert item.title not in manager.get(address).content.decode()
    User.objects.filter(pk=item.owner_id).update(role="stakeholder")
    assert item.title in manager.get(address).content.decode()


def test_csv_runs_nothing(manager: Client, item: ActionItem) -> None:
    ActionItem.objects.filter(pk=item.pk).update(title='=HYPERLINK("x")')
    answer = manager.post(
        reverse("admin:postmortems_actionitem_changelist"),
        {"action": "as_csv", "_selected_action": [item.pk]},
    )
    rows = answer.content.decode().splitlines()
    assert rows[1].split(",")[1] == '"\'=HYPERLINK(""x"")"'


def test_a_deactivated_person_is_out(manager: Client, responder: User, admin: User) -> None:
    page = reverse("admin:people_user_changelist")
    for person in (responder, admin):
        chosen = {"action": "deactivate", "_selected_action": [person.pk]}
        manager.post(page, chosen)
        assert User.objects.get(pk=person.pk).is_active
        manager.post(page, {**chosen, "confirmed": "yes"})
    responder.refresh_from_db()
    admin.refresh_from_db()
    assert (responder.is_active, admin.is_active) == (False, True)


def test_every_model_of_ours_that_a_manager_needs_is_there() -> None:
    named = {model.__name__ for model in site.site._registry if model in apps.get_models()}
    assert named >= {
        "User",
        "Service",
        "SeverityPolicy",
        "Incident",
        "TimelineEntry",
        "Postmortem",
        "ActionItem",
        "Delivery",
        "Deadline",
    }
