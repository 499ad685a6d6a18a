"""P50, P58: the ladders of reviews and action items are rows that an admin edits."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from deadlines.models import Deadline
from incidents.lifecycle.details import change_incident
from incidents.record.queries import ladder_by, policy_of
from people.models import User
from postmortems.items.following import finish_item
from postmortems.items.models import ActionItem
from postmortems.review.ladders import follow_up_ladder
from postmortems.review.models import DEFAULT_FOLLOW_UP, FollowUpStep, Owed, Postmortem
from tests.manager.policy_page import save_policy
from tests.postmortems.conftest import MONDAY, go_through, told_in_the_mornings

SEVERITIES = ["sev1", "sev2", "sev3", "sev4"]


@pytest.fixture
def manager(admin: User, client: Client) -> Client:
    """The admin, signed in."""
    client.force_login(admin)
    return client


def told(words: str) -> list[str]:
    """Whom the messages of the days told something with these words, in order."""
    return [name.split()[0] for name, text in told_in_the_mornings() if words in text]


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("owed", Owed.values)
def test_every_severity_begins_with_the_ladders_of_the_practices(
    db: None, owed: str, severity: str
) -> None:
    practice = [(name, days, str(audience)) for name, days, audience in DEFAULT_FOLLOW_UP[owed]]
    assert follow_up_ladder(owed, severity) == practice
    FollowUpStep.objects.all().delete()
    assert follow_up_ladder(owed, severity) == practice


def test_the_due_step_is_there_even_when_its_row_is_not(db: None) -> None:
    FollowUpStep.objects.filter(policy="sev1", owed="review").exclude(name="late").delete()
    assert follow_up_ladder("review", "sev1") == [("due", 0, "owes"), ("late", 1, "both")]


def test_p50_an_admin_changes_when_and_who_hears_of_a_late_review(
    manager: Client, review: Postmortem, admin: User
) -> None:
    said = save_policy(
        manager,
        change_follow_up={"review before": {"days": -2}, "review late": {"audience": "above"}},
        add_follow_up=[{"owed": "review", "name": "again", "days": 2, "audience": "owes"}],
    )
    assert said == ""
    assert review.due_at is not None
    # Due on a Thursday: what falls on the Saturday waits for Monday.
    go_through(*[review.due_at + timedelta(days=days, hours=1) for days in (-2, 0, 1, 2, 4)])
    assert told("hold the review") == ["Maya"]
    assert told("the review has not met") == ["Maya", "Ada", "Maya"]


def test_p50_the_highest_severity_decides(
    manager: Client, review: Postmortem, commander: User
) -> None:
    change_incident(review.incident, by=commander, severity="sev3")
    save_policy(manager, change_follow_up={"review before": {"days": -2}}, severity="sev3")
    due = Deadline.objects.get(kind="review")
    assert due.next_step_at == MONDAY.replace(day=11, hour=9)
    save_policy(manager, change_follow_up={"review before": {"days": -2}}, severity="sev1")
    due.refresh_from_db()
    assert due.next_step_at == MONDAY.replace(day=10, hour=9)


def test_p58_what_is_open_follows_the_changed_ladder(manager: Client, item: ActionItem) -> None:
    """Due on Friday the 20th; three days before is Tuesday, one day before Thursday."""
    due = Deadline.objects.get(kind="action_item", subject_id=item.pk)
    assert due.next_step_at == MONDAY.replace(day=17, hour=9)
    save_policy(manager, change_follow_up={"action_item before": {"days": -1}})
    due.refresh_from_db()
    assert due.next_step_at == MONDAY.replace(day=19, hour=9)
    assert (due.step, due.moved_count) == (0, 0)
    go_through(MONDAY.replace(day=18))
    assert told("due 20 Mar") == ["Ravi"]  # That it is theirs.
    go_through(MONDAY.replace(day=19))
    assert told("due 20 Mar") == ["Ravi", "Ravi"]


def test_p58_an_admin_changes_who_hears_of_a_late_item(
    manager: Client, item: ActionItem, admin: User, commander: User
) -> None:
    save_policy(manager, change_follow_up={"action_item late": {"audience": "both"}})
    go_through(MONDAY.replace(day=20, hour=13))
    assert told("overdue since 20 Mar") == ["Ravi"]
    go_through(MONDAY.replace(day=23, hour=13))
    assert sorted(told("overdue since 20 Mar")) == ["Ada", "Ravi", "Ravi"]


def test_p58_no_step_is_taken_again_when_the_ladder_changes(
    manager: Client, item: ActionItem
) -> None:
    go_through(MONDAY.replace(day=17, hour=13))
    save_policy(manager, change_follow_up={"action_item before": {"days": -4}})
    go_through(MONDAY.replace(day=18, hour=13))
    assert told("due 20 Mar") == ["Ravi"]
    due = Deadline.objects.get(kind="action_item", subject_id=item.pk)
    assert due.next_step_at == MONDAY.replace(day=20, hour=9)


def test_p58_verification_has_a_ladder_of_its_own(
    manager: Client, item: ActionItem, other_responder: User, commander: User
) -> None:
    finish_item(item, by=other_responder, note="It is out.")
    verify = Deadline.objects.get(kind="verification")
    assert follow_up_ladder("verification", "sev1")[0] == ("due", 0, "owes")
    save_policy(
        manager,
        add_follow_up=[{"owed": "verification", "name": "soon", "days": -3, "audience": "owes"}],
    )
    verify.refresh_from_db()
    assert verify.due_at.date() == MONDAY.replace(day=16).date()
    assert verify.next_step_at == MONDAY.replace(day=13, hour=9)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"review due": {"DELETE": "on"}}, "Review meeting: the step “due” at 0 days stays"),
        ({"action_item due": {"name": "now"}}, "Action item: the step “due” at 0 days stays"),
        ({"review due": {"owed": "publication"}}, "Please correct the duplicate data"),
        ({"review due": {"days": 3}}, "The step “due” stands at 0 days."),
        ({"review late": {"days": 91}}, "A step is at most 30 days before and 90 after."),
        ({"review late": {"days": -31}}, "A step is at most 30 days before and 90 after."),
        ({"review late": {"name": "before"}}, "Please correct the duplicate data"),
        ({"review late": {"audience": "everybody"}}, "Select a valid choice"),
        ({"review late": {"days": "soon"}}, "Write a whole number in digits, such as 15."),
    ],
)
def test_what_a_ladder_must_not_be_is_said_in_a_sentence(
    manager: Client, change: dict[str, dict[str, object]], sentence: str
) -> None:
    before = list(FollowUpStep.objects.order_by("pk").values())
    assert sentence in save_policy(manager, change_follow_up=change)
    assert list(FollowUpStep.objects.order_by("pk").values()) == before


def test_both_kinds_of_ladders_are_saved_at_once(manager: Client) -> None:
    said = save_policy(
        manager,
        change={"late": {"minutes": 9}},
        change_follow_up={"review late": {"days": 2}, "publication escalated": {"DELETE": "on"}},
    )
    assert said == ""
    assert ("late", 9, "free_hands") in ladder_by(policy_of("sev1"))
    assert ("late", 2, "both") in follow_up_ladder("review", "sev1")
    assert [name for name, _, _ in follow_up_ladder("publication", "sev1")] == [
        "before",
        "due",
        "late",
    ]
    assert follow_up_ladder("review", "sev2")[-1] == ("late", 1, "both")


def test_the_database_keeps_the_due_step_in_its_place(db: None) -> None:
    due = FollowUpStep.objects.filter(policy="sev1", owed="review", name="due")
    with pytest.raises(IntegrityError), transaction.atomic():
        due.update(days=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        due.update(owed="something")
