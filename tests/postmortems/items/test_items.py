"""Action items: systemic, complete, followed until verified (P56-P58)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from deadlines.models import Deadline
from deadlines.sweeping import sweep
from notifications.models import Delivery
from people.models import User
from postmortems.items.actions import add_item, change_item, proposed_due_at
from postmortems.items.deadlines import Morning
from postmortems.items.following import decline_item, finish_item, move_item
from postmortems.items.models import ActionItem, PriorityPolicy
from postmortems.publication.actions import publish_postmortem
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden, Invalid, NotVisible
from tests.postmortems.conftest import MONDAY, go_through, set_clock, told_in_the_mornings
from tests.postmortems.items.conftest import refused, told_to, whole

pytestmark = pytest.mark.django_db


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
    go_through(MONDAY)
    (told,) = told_to(other_responder)
    assert told == (
        f"- Action item: “A query limit in the ORM” ({item.ref}, P1), due 20 Mar; it is yours now. "
        "It is good when: No query reads more than 10 000 rows."
    )


def test_p58_the_ladder_keeps_the_owners_office_hours(
    item: ActionItem, other_responder: User, commander: User, admin: User
) -> None:
    other_responder.time_zone = "Asia/Kolkata"
    other_responder.save()
    go_through(MONDAY)
    # Due on Friday the 20th at 12:00 UTC. The step of the 17th opens at 09:00 in Kolkata.
    set_clock(datetime(2026, 3, 17, 2, 0, tzinfo=UTC))
    item = move_item(item, by=commander, due_at=item.due_at + timedelta(minutes=1), reason="Noon.")
    publish_postmortem(item.postmortem, by=commander)
    Delivery.objects.all().delete()
    sweep()
    assert told_in_the_mornings() == []
    go_through(
        datetime(2026, 3, 17, 3, 31, tzinfo=UTC),
        datetime(2026, 3, 20, 3, 31, tzinfo=UTC),
        datetime(2026, 3, 21, 12, 0, tzinfo=UTC),  # A Saturday: nobody hears.
        datetime(2026, 3, 23, 9, 1, tzinfo=UTC),
        datetime(2026, 3, 27, 9, 1, tzinfo=UTC),
    )
    line = f"Action item: “A query limit in the ORM” ({item.ref}, P1)"
    assert told_to(other_responder) == [f"- {line}, due 20 Mar", f"- {line}, due 20 Mar"]
    late_look = f"{item.ref}: nobody has looked at the list of action items, due 24 Mar 09:00 UTC"
    assert told_to(commander) == [f"- {line}, overdue since 20 Mar", f"- {late_look}"]
    assert told_to(admin) == [f"- {late_look}\n- {line}, overdue since 20 Mar"]


def test_p58_one_message_per_person_and_day_whatever_it_holds(
    item: ActionItem, commander: User, other_responder: User, admin: User
) -> None:
    """Four items, a verification and what the review owes, for three people."""
    ready = finish_item(add_item(item.postmortem, by=admin, **whole(admin)), by=admin)
    Deadline.objects.filter(kind="verification", subject_id=ready.pk).update(
        due_at=datetime(2026, 3, 20, 9, 0, tzinfo=UTC),
        next_step_at=datetime(2026, 3, 20, 9, 0, tzinfo=UTC),
    )
    for title in ("An alert on the queue's age", "A dry run for migrations", "A runbook"):
        for owner in (commander, other_responder):
            due_at = item.due_at + timedelta(hours=3)
            add_item(
                item.postmortem, by=admin, **whole(owner, title=title, due_at=due_at, priority="p2")
            )
    morning = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
    set_clock(morning - timedelta(days=1))
    for _ in range(3):
        sweep()
    set_clock(morning - timedelta(hours=12))
    sweep()
    Delivery.objects.all().delete()
    for minute in range(0, 480, 20):
        set_clock(morning + timedelta(minutes=minute))
        sweep()
    for person, lines in ((commander, 7), (other_responder, 4)):
        for channel in ("in_app", "email"):
            (told,) = Delivery.objects.filter(person=person, channel=channel)
            assert told.kind == "morning"
            assert len(told.text.splitlines()) == lines, told.text
    (text,) = told_to(commander)
    for words in ("you facilitate", "has not met", "is not published", "To verify", "it is yours"):
        assert words in text
    (told,) = Delivery.objects.filter(person=other_responder, channel="in_app")
    assert told.subject_line == "4 action items need a look"
    assert Delivery.objects.filter(person=admin, channel="email").count() <= 1


def test_p58_what_comes_after_todays_message_waits_for_the_next_working_day(
    item: ActionItem, commander: User, other_responder: User
) -> None:
    go_through(MONDAY + timedelta(days=4))  # Friday: the item named on Monday.
    assert len(told_to(other_responder)) == 1
    late = add_item(item.postmortem, by=commander, **whole(other_responder, title="A runbook"))
    go_through(MONDAY + timedelta(days=4, hours=2), MONDAY + timedelta(days=5))
    assert len(told_to(other_responder)) == 1
    go_through(MONDAY + timedelta(days=7, hours=-1))
    assert len(told_to(other_responder)) == 2
    assert late.title in told_to(other_responder)[-1]


def test_p58_five_given_away_at_once_are_one_message(
    item: ActionItem, commander: User, other_responder: User, responder: User
) -> None:
    items = [item] + [
        add_item(item.postmortem, by=commander, **whole(other_responder, title=f"A limit of {n}"))
        for n in range(4)
    ]
    for one in items:
        change_item(one, by=commander, owner=responder)
    go_through(MONDAY, MONDAY + timedelta(minutes=5))
    (text,) = told_to(responder)
    assert text.count("it is yours now") == 5
    assert told_to(other_responder) == []
    mails = Delivery.objects.filter(person=responder, channel="email", kind="morning")
    assert mails.count() == 1


def test_p58_nothing_leaves_at_night_nor_what_is_not_theirs_to_see_any_more(
    item: ActionItem, commander: User, other_responder: User, outsider: User
) -> None:
    change_item(item, by=commander, owner=outsider)
    go_through(MONDAY + timedelta(hours=12))  # 22:00: enforcement comes late.
    assert not Delivery.objects.filter(kind="morning").exists()
    go_through(MONDAY + timedelta(hours=23))
    (told,) = Delivery.objects.filter(person=outsider, channel="email", kind="morning")
    assert Morning().why_stale(told) is None
    item.postmortem.incident.private = True
    item.postmortem.incident.save(update_fields=["private"])
    assert Morning().why_stale(told) == "Nothing of it is open any more."


def test_p58_moving_needs_a_reason_and_is_counted(item: ActionItem, other_responder: User) -> None:
    later = item.due_at + timedelta(days=7)
    assert refused(move_item, item, by=other_responder, due_at=later, reason="").code == (
        "reason_required"
    )
    with pytest.raises(Invalid):
        move_item(item, by=other_responder, due_at=MONDAY - timedelta(days=1), reason="Back.")
    too_far = item.due_at + timedelta(days=91)
    with pytest.raises(Invalid) as invalid:
        move_item(item, by=other_responder, due_at=too_far, reason="Ten years.")
    assert invalid.value.errors["due_at"].startswith("One move goes 90 days at most")
    PriorityPolicy.objects.filter(priority="p1").update(longest_move_days=5)
    with pytest.raises(Invalid):
        move_item(item, by=other_responder, due_at=later, reason="The vendor is late.")
    PriorityPolicy.objects.filter(priority="p1").update(longest_move_days=7)
    moved = move_item(item, by=other_responder, due_at=later, reason="The vendor is late.")
    assert move_item(item, by=other_responder, due_at=later, reason="x").moved_count == 1
    client = Client()
    client.force_login(other_responder)
    (move,) = client.get(f"/api/v1/action-items/{item.pk}").json()["moves"]
    assert datetime.fromisoformat(move["due_at"]) == later
    listed = client.get("/api/v1/action-items").json()["items"]
    assert [one["moves"] for one in listed if one["id"] == item.pk] == [[move]]
    assert (moved.due_at, moved.first_due_at) == (later, item.first_due_at)
    assert Deadline.objects.open().get(kind="action_item", subject_id=item.pk).due_at == later
    entry = item.postmortem.incident.entries.get(kind="action_moved")
    assert entry.text.endswith("The vendor is late.")


def test_p58_what_is_overdue_moves_as_far_from_today_as_the_rest(
    item: ActionItem, other_responder: User
) -> None:
    today = item.due_at + timedelta(days=30)
    set_clock(today)
    too_far = today + timedelta(days=91)
    with pytest.raises(Invalid):
        move_item(item, by=other_responder, due_at=too_far, reason="The vendor is late.")
    latest = today + timedelta(days=90)
    moved = move_item(item, by=other_responder, due_at=latest, reason="The vendor is late.")
    assert moved.due_at == latest


def test_p58_not_doing_is_an_end_with_a_reason(item: ActionItem, commander: User) -> None:
    assert refused(decline_item, item, by=commander, reason=" ").code == "reason_required"
    declined = decline_item(item, by=commander, reason="The service is retired.")
    assert (declined.state, declined.declined_because) == ("declined", "The service is retired.")
    assert (
        decline_item(item, by=commander, reason="x").declined_because == declined.declined_because
    )
    assert not Deadline.objects.open().filter(kind="action_item").exists()


def test_p57_an_owner_can_do_it_and_who_left_cannot(
    item: ActionItem, review: Postmortem, stakeholder: User, commander: User, responder: User
) -> None:
    with pytest.raises(NotVisible):
        finish_item(item, by=stakeholder)
    responder.is_active = False
    responder.save()
    for owner in (stakeholder, responder):
        for refusal in (
            refused(add_item, review, by=commander, **whole(owner)),
            refused(change_item, item, by=commander, owner=owner),
        ):
            assert (refusal.code, refusal.facts) == ("action_incomplete", {"missing": ["owner"]})


def test_an_old_version_of_an_item_is_stale(item: ActionItem, commander: User) -> None:
    change_item(item, by=commander, priority="p0", version=1)
    refusal = refused(change_item, item, by=commander, priority="p3", version=1)
    assert refusal.code == "stale"
    assert refusal.facts["current"]["version"] == 2
