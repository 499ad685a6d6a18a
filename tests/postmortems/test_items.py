"""Action items: systemic, complete, followed until verified (P56-P58)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deadlines.models import Deadline
from deadlines.sweeping import sweep
from notifications.models import Delivery
from people.models import User
from postmortems.items.actions import add_item, change_item, proposed_due_at
from postmortems.items.following import decline_item, finish_item, move_item, verify_item
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.postmortems.conftest import MONDAY, set_clock

pytestmark = pytest.mark.django_db


def whole(owner: User, **other: Any) -> dict[str, Any]:
    return {
        "title": "A query limit in the ORM",
        "type": "guardrail",
        "owner": owner,
        "due_at": MONDAY + timedelta(days=30),
        "priority": "p1",
        "success_criterion": "No query reads more than 10 000 rows.",
        **other,
    }


def refused(action: Any, *args: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        action(*args, **kwargs)
    return refusal.value


def test_p57_an_item_needs_owner_date_priority_and_criterion(
    review: Postmortem, commander: User
) -> None:
    refusal = refused(add_item, review, by=commander, title="A query limit in the ORM")
    assert refusal.code == "action_incomplete"
    assert refusal.facts == {
        "missing": ["type", "owner", "due_at", "priority", "success_criterion"]
    }
    with pytest.raises(Invalid) as invalid:
        add_item(review, by=commander, **whole(commander, type="hope", priority="p9"))
    assert set(invalid.value.errors) == {"type", "priority"}
    with pytest.raises(Invalid) as invalid:
        add_item(review, by=commander, **whole(commander, due_at=MONDAY - timedelta(days=1)))
    assert set(invalid.value.errors) == {"due_at"}


def test_p56_asking_people_to_be_careful_is_refused_with_examples(
    review: Postmortem, commander: User, responder: User
) -> None:
    careful = whole(responder, title="Be more careful with big tables")
    refusal = refused(add_item, review, by=responder, **careful)
    assert refusal.code == "action_not_systemic"
    assert refusal.facts["words"] == "be more careful"
    assert "a query limit in the ORM" in refusal.facts["examples"]
    with pytest.raises(Forbidden):
        add_item(review, by=responder, **careful, override_reason="It is a campaign.")
    item = add_item(review, by=commander, **careful, override_reason="A measured campaign.")
    assert item.override_reason == "A measured campaign."
    good = add_item(review, by=commander, **whole(responder, override_reason="Just in case."))
    assert good.override_reason == ""
    assert refused(change_item, good, by=responder, title="Train people").code == (
        "action_not_systemic"
    )


@pytest.mark.parametrize(
    "title",
    [
        "A query limit in the ORM",
        "Production-scale anonymised staging data",
        "A review checklist item for high-volume tables",
    ],
)
def test_p56_the_three_items_of_the_first_scenario_pass(
    review: Postmortem, commander: User, title: str
) -> None:
    assert add_item(review, by=commander, **whole(commander, title=title)).state == "open"


def test_p57_due_dates_are_proposed_by_priority(db: None) -> None:
    days = [(proposed_due_at(f"p{n}", at=MONDAY) - MONDAY).days for n in range(4)]
    assert days == [7, 14, 30, 90]


def test_p57_an_owner_who_may_not_see_a_private_incident_is_refused(
    review: Postmortem, commander: User, outsider: User
) -> None:
    review.incident.private = True
    review.incident.save(update_fields=["private"])
    with pytest.raises(Invalid) as invalid:
        add_item(review, by=commander, **whole(outsider))
    assert invalid.value.errors == {"owner": "Jo Dahl cannot see this incident."}


def test_p58_an_item_is_followed_from_its_start_and_the_owner_told(
    item: ActionItem, other_responder: User
) -> None:
    deadline = Deadline.objects.open().get(kind="action_item", subject_id=item.pk)
    assert (deadline.owner, deadline.due_at) == (other_responder, item.due_at)
    (told,) = Delivery.objects.filter(kind="action_item", channel="in_app")
    assert (told.person, told.subject_line) == (
        other_responder,
        f"{item.postmortem.incident.ref}: an action item is yours",
    )


def messages() -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(kind="action_items", channel="in_app")
    return list(
        rows.order_by("created_at", "person_id").values_list("person__name", "subject_line")
    )


def test_p58_the_ladder_keeps_the_owners_office_hours(
    item: ActionItem, other_responder: User, commander: User, admin: User
) -> None:
    other_responder.time_zone = "Asia/Kolkata"
    other_responder.save()
    ref = item.postmortem.incident.ref
    # Due on Friday the 20th at 12:00 UTC. The step of the 17th opens at 09:00 in Kolkata.
    set_clock(datetime(2026, 3, 17, 2, 0, tzinfo=UTC))
    item = move_item(item, by=commander, due_at=item.due_at + timedelta(minutes=1), reason="Noon.")
    sweep()
    assert messages() == []
    for moment in (
        datetime(2026, 3, 17, 3, 31, tzinfo=UTC),
        datetime(2026, 3, 20, 3, 31, tzinfo=UTC),
        datetime(2026, 3, 21, 12, 0, tzinfo=UTC),  # A Saturday: nobody hears.
        datetime(2026, 3, 23, 3, 31, tzinfo=UTC),
        datetime(2026, 3, 27, 3, 31, tzinfo=UTC),
    ):
        set_clock(moment)
        sweep()
    line = f"“A query limit in the ORM” ({ref}, P1)"
    assert messages() == [
        ("Ravi Patel", f"Action item: {line}, due 20 Mar"),
        ("Ravi Patel", f"Action item: {line}, due 20 Mar"),
        ("Maya Köhler", f"Action item: {line}, overdue since 20 Mar"),
        ("Ada Quist", f"Action item: {line}, overdue since 20 Mar"),
    ]


def test_p58_one_message_per_person_and_day(
    item: ActionItem, commander: User, other_responder: User
) -> None:
    for title in ("An alert on the queue's age", "A dry run for migrations"):
        add_item(
            item.postmortem,
            by=commander,
            **whole(other_responder, title=title, due_at=item.due_at + timedelta(hours=3)),
        )
    set_clock(datetime(2026, 3, 20, 9, 1, tzinfo=UTC))
    sweep()
    sweep()
    assert messages() == [("Ravi Patel", "3 action items need a look")]
    (mail,) = Delivery.objects.filter(kind="action_items", channel="email")
    assert mail.text.count("due 20 Mar") == 3
    # Another one that falls due on the same day is not silent either.
    late = add_item(
        item.postmortem,
        by=commander,
        **whole(other_responder, title="A runbook", due_at=datetime(2026, 3, 23, 9, tzinfo=UTC)),
    )
    set_clock(datetime(2026, 3, 23, 9, 1, tzinfo=UTC))
    sweep()
    lists = Delivery.objects.filter(kind="action_items", channel="in_app", person=other_responder)
    assert lists.count() == 2
    assert late.title in lists.order_by("created_at").last().text  # type: ignore[union-attr]


def test_p58_done_is_verified_a_week_later_by_somebody_else(
    item: ActionItem, other_responder: User, commander: User
) -> None:
    done = finish_item(item, by=other_responder, note="Merged.")
    assert finish_item(item, by=commander).done_note == "Merged."
    assert done.done_at is not None
    assert done.verify_due_at == done.done_at + timedelta(days=7)
    deadline = Deadline.objects.open().get(kind="verification", subject_id=item.pk)
    assert deadline.owner == commander
    assert Deadline.objects.get(kind="action_item", subject_id=item.pk).state == "kept"
    set_clock(done.verify_due_at + timedelta(minutes=5))
    sweep()
    assert messages() == [
        ("Maya Köhler", f"Action item: to verify: “{item.title}” ({item.postmortem.incident.ref})")
    ]
    own = refused(verify_item, item, by=other_responder, implemented=True, moving=True)
    assert own.code == "cannot_verify_own"
    verified = verify_item(item, by=commander, implemented=True, moving=True, note="p99 fell.")
    assert (verified.state, verified.verified_by) == ("verified", commander)
    again = verify_item(item, by=commander, implemented=True, moving=True)
    assert again.version == verified.version
    assert not Deadline.objects.open().filter(kind="verification").exists()
    assert refused(finish_item, item, by=commander).code == "invalid_transition"


@pytest.mark.parametrize(("implemented", "moving"), [(False, None), (True, False)])
def test_p58_no_reopens(
    item: ActionItem, commander: User, implemented: bool, moving: bool | None
) -> None:
    assert refused(verify_item, item, by=commander, implemented=True).code == "invalid_transition"
    finish_item(item, by=commander)
    again = verify_item(
        item, by=commander, implemented=implemented, moving=moving, note="Not everywhere."
    )
    assert (again.state, again.reopened_count, again.done_at) == ("open", 1, None)
    assert (
        Deadline.objects.open().get(kind="action_item", subject_id=item.pk).due_at == again.due_at
    )
    assert not Deadline.objects.open().filter(kind="verification").exists()


def test_p58_moving_needs_a_reason_and_is_counted(item: ActionItem, other_responder: User) -> None:
    later = item.due_at + timedelta(days=7)
    assert refused(move_item, item, by=other_responder, due_at=later, reason="").code == (
        "reason_required"
    )
    with pytest.raises(Invalid):
        move_item(item, by=other_responder, due_at=MONDAY - timedelta(days=1), reason="Back.")
    moved = move_item(item, by=other_responder, due_at=later, reason="The vendor is late.")
    assert move_item(item, by=other_responder, due_at=later, reason="x").moved_count == 1
    assert (moved.due_at, moved.first_due_at) == (later, item.first_due_at)
    assert Deadline.objects.open().get(kind="action_item", subject_id=item.pk).due_at == later
    entry = item.postmortem.incident.entries.get(kind="action_moved")
    assert entry.text.endswith("The vendor is late.")


def test_p58_not_doing_is_an_end_with_a_reason(item: ActionItem, commander: User) -> None:
    assert refused(decline_item, item, by=commander, reason=" ").code == "reason_required"
    declined = decline_item(item, by=commander, reason="The service is retired.")
    assert (declined.state, declined.declined_because) == ("declined", "The service is retired.")
    assert (
        decline_item(item, by=commander, reason="x").declined_because == declined.declined_because
    )
    assert not Deadline.objects.open().filter(kind="action_item").exists()


def test_p58_who_may(item: ActionItem, stakeholder: User, commander: User) -> None:
    with pytest.raises(NotVisible):
        finish_item(item, by=stakeholder)
    change_item(item, by=commander, owner=stakeholder)
    assert finish_item(item, by=stakeholder).state == "done"
    deadline = Deadline.objects.open().get(kind="verification", subject_id=item.pk)
    assert deadline.owner == commander


def test_an_old_version_of_an_item_is_stale(item: ActionItem, commander: User) -> None:
    change_item(item, by=commander, priority="p0", version=1)
    refusal = refused(change_item, item, by=commander, priority="p3", version=1)
    assert refusal.code == "stale"
    assert refusal.facts["current"]["version"] == 2
