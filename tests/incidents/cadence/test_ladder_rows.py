"""P45: the ladder of the promised update is rows that an admin edits, also under open promises."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from clock.queries import now
from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, LadderStep, SeverityPolicy
from incidents.record.queries import ladder_by, policy_of
from incidents.roster.actions import join
from people.models import User
from tests.conftest import Clock
from tests.incidents.cadence.test_ladder import pass_time, told
from tests.incidents.cast import last_words
from tests.manager.policy_page import PAGE
from tests.manager.policy_page import save_policy as save

P45 = [
    ("before", -5, "speaker"),
    ("due", 0, "both"),
    ("late", 5, "free_hands"),
    ("escalated", 15, "escalation"),
]


@pytest.fixture
def manager(admin: User, client: Client) -> Client:
    """The admin, signed in."""
    client.force_login(admin)
    return client


def next_step(incident: Incident) -> float | None:
    """How many minutes after its due time the promised update's next step comes."""
    row = Deadline.objects.get(kind="update", subject_id=incident.pk)
    at = row.next_step_at
    return None if at is None else (at - row.due_at).total_seconds() / 60


@pytest.mark.parametrize("severity", ["sev1", "sev2", "sev3", "sev4"])
def test_p45_every_severity_begins_with_the_ladder_of_the_practice(db: None, severity: str) -> None:
    assert ladder_by(policy_of(severity)) == P45
    LadderStep.objects.all().delete()
    assert ladder_by(policy_of(severity)) == P45


def test_p45_the_due_step_is_there_even_when_its_row_is_not(db: None) -> None:
    LadderStep.objects.filter(policy="sev1").exclude(name="late").delete()
    assert ladder_by(policy_of("sev1")) == [("due", 0, "both"), ("late", 5, "free_hands")]


def test_p45_an_admin_changes_when_and_who_hears(
    manager: Client, admin: User, commander: User, responder: User, clock: Clock
) -> None:
    SeverityPolicy.objects.get(severity="sev1").escalation_contacts.clear()
    said = save(
        manager,
        change={"before": {"minutes": -2}, "late": {"minutes": 8, "audience": "both"}},
        add=({"name": "hands", "minutes": 3, "audience": "free_hands"},),
    )
    assert said == ""
    incident = declare_incident(by=commander, title="API calls fail", severity="sev1")
    join(incident, by=responder)
    pass_time(clock, 12.9)
    assert told() == []
    pass_time(clock, 0.2)
    assert told() == [("before", "Maya")]
    pass_time(clock, 2)
    pass_time(clock, 3)
    hands = [("before", "Maya"), ("due", "Maya"), ("hands", "Maya"), ("hands", "Tunde")]
    assert told() == hands
    pass_time(clock, 5)
    assert told() == sorted([*hands, ("late", "Maya")])
    assert last_words(incident, "update_overdue") == ["The promised update is overdue"]


def test_p45_another_severity_keeps_its_ladder(manager: Client) -> None:
    save(manager, change={"late": {"minutes": 9}})
    assert (ladder_by(policy_of("sev1"))[2], ladder_by(policy_of("sev2"))) == (
        ("late", 9, "free_hands"),
        P45,
    )


def test_p45_a_step_before_comes_at_most_a_third_of_the_interval_before(
    manager: Client, incident: Incident
) -> None:
    save(manager, change={"before": {"minutes": -60}})
    assert next_step(incident) == -5


def test_p45_a_changed_ladder_holds_for_open_promises(
    manager: Client, incident: Incident, clock: Clock
) -> None:
    assert next_step(incident) == -5
    save(manager, change={"before": {"minutes": -2}})
    assert next_step(incident) == -2
    deadline = Deadline.objects.get(kind="update", subject_id=incident.pk)
    assert (deadline.step, deadline.moved_count) == (0, 0)


def test_p45_no_step_is_taken_again_when_the_ladder_changes(
    manager: Client, incident: Incident, clock: Clock
) -> None:
    pass_time(clock, 10.1)
    pass_time(clock, 5)
    taken = told()
    assert taken == [("before", "Maya"), ("due", "Maya")]
    save(
        manager,
        change={"before": {"minutes": -1}, "late": {"minutes": 9}},
        add=({"name": "first", "minutes": -4, "audience": "both"},),
    )
    assert next_step(incident) == 9
    assert (sweep().stepped, told()) == (0, taken)
    assert len(last_words(incident, "update_overdue")) == 1


def test_p45_a_step_moved_into_the_past_is_taken_by_the_next_sweep(
    manager: Client, incident: Incident, clock: Clock
) -> None:
    pass_time(clock, 15.1)
    pass_time(clock, 3)
    save(manager, change={"late": {"minutes": 2}})
    sweep()
    assert ("late", "Maya") in told()
    assert next_step(incident) == 15


def test_p45_a_due_step_nobody_swept_yet_survives_the_change(
    manager: Client, incident: Incident, clock: Clock
) -> None:
    clock.advance(minutes=15.1)
    save(manager, change={"before": {"DELETE": "on"}})
    sweep()
    assert told() == [("due", "Maya")]
    assert last_words(incident, "update_overdue") == ["The promised update is overdue"]


def test_p45_what_was_set_aside_is_tried_again(manager: Client, incident: Incident) -> None:
    Deadline.objects.filter(kind="update").update(
        set_aside_at=now(), next_step_at=None, failures=5, last_error="It broke."
    )
    save(manager, change={"late": {"minutes": 6}})
    assert next_step(incident) == -5
    assert Deadline.objects.set_aside().count() == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"due": {"DELETE": "on"}}, "The step “due” at 0 minutes stays"),
        ({"due": {"name": "now"}}, "The step “due” at 0 minutes stays"),
        ({"due": {"minutes": 3}}, "The step “due” stands at 0 minutes."),
        ({"late": {"minutes": 1441}}, "A step is at most 240 minutes before and 1440 after."),
        ({"late": {"minutes": -241}}, "A step is at most 240 minutes before and 1440 after."),
        ({"escalated": {"minutes": -1}}, "Escalation contacts hear after the due time only."),
        ({"late": {"name": "before"}}, "Please correct the duplicate data"),
    ],
)
def test_p45_what_a_ladder_must_not_be_is_said_in_a_sentence(
    manager: Client, change: dict[str, dict[str, object]], sentence: str
) -> None:
    assert sentence in save(manager, change=change)
    assert ladder_by(policy_of("sev1")) == P45


def test_p45_the_database_keeps_the_due_step_in_its_place(db: None) -> None:
    due = LadderStep.objects.filter(policy="sev1", name="due")
    with pytest.raises(IntegrityError), transaction.atomic():
        due.update(minutes=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        LadderStep.objects.create(policy_id="sev1", name="late", minutes=1, audience="both")


def test_only_managers_change_a_ladder(client: Client, commander: User) -> None:
    page = reverse(PAGE, args=["sev1"])
    client.force_login(commander)
    assert client.get(page).status_code in (302, 403)
    assert client.post(page, {"ladder-TOTAL_FORMS": 0}).status_code in (302, 403)
    assert ladder_by(policy_of("sev1")) == P45


def test_the_page_of_a_policy_holds_nothing_inline(manager: Client, db: None) -> None:
    page = manager.get(reverse(PAGE, args=["sev1"])).content.decode()
    assert 'name="ladder-0-minutes"' in page
    assert "<style" not in page and " style=" not in page and "onclick" not in page
