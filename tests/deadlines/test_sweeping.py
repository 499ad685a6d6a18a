"""The sweep: who is told what, once, and what a row that fails does to the others."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clock.actions import set_offset
from clock.queries import now
from deadlines import sweeping
from deadlines.actions import keep_deadline, move_deadline, owe, sweep
from deadlines.kinds import Nudge, Step
from deadlines.models import Deadline
from notifications.about import Reference
from notifications.kinds import register
from notifications.models import Delivery
from notifications.sending import send_due
from people.models import User
from tests.deadlines.kind import DUE, REMINDER, Watering
from tests.outbox import forget_kind

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def told(channel: str = "in_app") -> list[tuple[str, str]]:
    """Who was told at which step, in the order of writing."""
    rows = Delivery.objects.filter(channel=channel).order_by("created_at", "person_id")
    return list(rows.values_list("person__email", "step"))


def test_nothing_due_does_nothing(watering: Watering, gardener: User) -> None:
    owe(None, "watering", gardener, due_at=now() + 30 * MINUTE)
    result = sweep()
    assert (result.due, result.stepped, result.complete) == (0, 0, True)
    assert told() == []


def test_each_step_is_taken_at_its_time_and_once(
    watering: Watering, gardener: User, neighbour: User
) -> None:
    watering.told = {"later": [neighbour], "last": [gardener, neighbour]}
    due_at = now() + 10 * MINUTE
    owe(None, "watering", gardener, due_at=due_at)
    for minutes, expected in [
        (4, []),
        (6, [("gardener@example.org", "reminder")]),
        (11, [("gardener@example.org", "due")]),
        (16, [("neighbour@example.org", "later")]),
        (26, [("gardener@example.org", "last"), ("neighbour@example.org", "last")]),
        (99, []),
    ]:
        set_offset(minutes * 60)
        before = told()
        sweep()
        sweep()
        assert told()[len(before) :] == expected
    assert watering.taken == [(gardener.pk, name) for name in ("reminder", "due", "later", "last")]
    exhausted = Deadline.objects.get()
    assert (exhausted.state, exhausted.step, exhausted.next_step_at) == ("open", 4, None)


def test_a_step_writes_one_row_for_each_channel_a_person_wants(
    watering: Watering, gardener: User, neighbour: User
) -> None:
    neighbour.by_email = False
    neighbour.save()
    watering.told = {"due": [gardener, neighbour, gardener]}
    deadline = owe(Reference(7, "INC-7"), "watering", gardener, due_at=now())
    sweep()
    source = f"deadline:{deadline.pk}"
    assert set(Delivery.objects.values_list("key", "state", "source", "incident_ref")) == {
        (f"{source}.0/due/p{gardener.pk}/in_app", "sent", source, "INC-7"),
        (f"{source}.0/due/p{gardener.pk}/email", "pending", source, "INC-7"),
        (f"{source}.0/due/p{neighbour.pk}/in_app", "sent", source, "INC-7"),
    }


def test_somebody_without_an_account_is_told_by_mail(
    watering: Watering, gardener: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "plants@example.org"
    nudges = [Nudge(None, "Plants", "Water them.", address=address)] * 2
    monkeypatch.setattr(watering, "nudges", lambda *_: nudges)
    owe(None, "watering", gardener, due_at=now())
    sweep()
    row = Delivery.objects.get()
    assert (row.channel, row.address, row.person) == ("email", address, None)
    assert address not in row.key


def test_after_three_hours_of_downtime_one_notice_names_what_was_missed(
    watering: Watering, gardener: User, neighbour: User
) -> None:
    watering.told = {"later": [gardener, neighbour]}
    due_at = now() + 10 * MINUTE
    owe(None, "watering", gardener, due_at=due_at)
    set_offset(3 * 3600)
    sweep()
    assert told() == [("gardener@example.org", "last"), ("neighbour@example.org", "later")]
    assert watering.taken == [(gardener.pk, name) for name in ("reminder", "due", "later", "last")]
    moments = [due_at + minutes * MINUTE for minutes in (0, 5, 15)]
    due, later, last = (f"{moment:%-d %b %Y %H:%M} UTC" for moment in moments)
    assert Delivery.objects.get(channel="in_app", person=gardener).text == (
        "Water the plants of Gardener.\n\nEndstate could not say so in time. Missed for watering "
        f"the plants: {due} (due), {later} (later), {last} (last)."
    )


def test_several_promises_missed_together_leave_as_one_mail(
    watering: Watering, gardener: User, neighbour: User
) -> None:
    watering.told = {step.name: [gardener] for step in watering.steps}
    for who in (gardener, neighbour):
        owe(None, "watering", who, due_at=now() + 10 * MINUTE)
    set_offset(3 * 3600)
    sweep()
    assert send_due("email").sent == 0
    set_offset(3 * 3600 + 10)
    assert send_due("email").sent == 2
    (message,) = mail.outbox
    assert message.subject == "2 things that wait for you"
    assert message.to == ["gardener@example.org"]
    assert "plants of Gardener" in message.body and "plants of Neighbour" in message.body


def test_a_step_taken_in_time_says_nothing_of_missing(watering: Watering, gardener: User) -> None:
    owe(None, "watering", gardener, due_at=now())
    sweep()
    row = Delivery.objects.get(channel="email")
    assert (row.text, row.digest) == ("Water the plants of Gardener.", "")


def test_what_nobody_needs_any_more_is_released_without_a_word(
    watering: Watering, gardener: User
) -> None:
    owe(None, "watering", gardener, due_at=now())
    watering.wanted = False
    assert sweep().released == 1
    assert told() == []
    assert Deadline.objects.get().state == "released"


def test_a_deadline_whose_subject_is_gone_is_released(watering: Watering, gardener: User) -> None:
    owe(None, "watering", gardener, due_at=now())
    Deadline.objects.update(subject_id=999_999)
    assert sweep().released == 1


def test_a_step_put_off_waits_for_its_hour(watering: Watering, gardener: User) -> None:
    due_at = now()
    morning = due_at + 6 * timedelta(hours=1)
    watering.steps = [Step(DUE.offset, "due", not_before=morning)]
    deadline = owe(None, "watering", gardener, due_at=due_at)
    assert deadline.next_step_at == morning
    assert sweep().due == 0


def test_a_step_put_off_meanwhile_is_only_moved(watering: Watering, gardener: User) -> None:
    due_at = now()
    owe(None, "watering", gardener, due_at=due_at)
    morning = due_at + 6 * timedelta(hours=1)
    watering.steps = [REMINDER, Step(DUE.offset, "due", not_before=morning)]
    sweep()
    assert told() == []
    deadline = Deadline.objects.get()
    assert (deadline.step, deadline.next_step_at) == (1, morning)


def test_a_reminder_expires_at_the_due_time_and_a_nudge_after_a_day(
    watering: Watering, gardener: User
) -> None:
    due_at = now() + 5 * MINUTE + timedelta(seconds=1)
    owe(None, "watering", gardener, due_at=due_at)
    set_offset(2)
    sweep()
    set_offset(6 * 60)
    sweep()
    rows = Delivery.objects.filter(channel="email").order_by("created_at")
    assert [row.expires_at for row in rows] == [due_at, rows[1].created_at + timedelta(days=1)]


def test_a_row_that_raises_backs_off_and_is_set_aside_while_the_others_leave(
    watering: Watering, gardener: User, neighbour: User
) -> None:
    admin = User.objects.create_user("admin@example.org", name="Admin", role="admin")
    watering.explodes_for = {gardener.pk}
    bad = owe(Reference(7, "INC-7"), "watering", gardener, due_at=now())
    owe(None, "watering", neighbour, due_at=now())
    result = sweep()
    assert (result.stepped, result.failed, result.complete) == (1, 1, False)
    assert told() == [("neighbour@example.org", "due")]
    assert (gardener.pk, "due") in watering.taken, "the step had begun and was rolled back"
    waits = []
    for tries in range(2, 6):
        bad.refresh_from_db()
        assert bad.failures == tries - 1
        assert bad.next_step_at is not None
        waits.append(round((bad.next_step_at - now()).total_seconds()))
        Deadline.objects.filter(pk=bad.pk).update(next_step_at=now())
        sweep()
    assert waits == [5, 10, 20, 40]
    bad.refresh_from_db()
    assert (bad.failures, bad.next_step_at, bad.last_error) == (
        5,
        None,
        "ValueError: the watering can is empty",
    )
    assert bad.set_aside_at is not None
    notice = Delivery.objects.get(person=admin, channel="in_app")
    assert (notice.kind, notice.subject_line) == (
        "set_aside",
        "A deadline of INC-7 cannot be enforced",
    )
    assert sweep().complete is False, "the heartbeat stays silent while one is set aside"
    move_deadline("watering", gardener, due_at=now() + 30 * MINUTE)
    assert sweep().complete is True


def test_a_kind_nobody_registered_fails_alone(watering: Watering, gardener: User) -> None:
    owe(None, "watering", gardener, due_at=now())
    forget_kind("watering")
    assert sweep().failed == 1
    register(watering)
    keep_deadline("watering", gardener)
    assert sweep().complete is True


def several(number: int) -> list[User]:
    """That many people with a watering that is due now."""
    people = [
        User.objects.create_user(f"p{index}@example.org", name=f"P{index}")
        for index in range(number)
    ]
    for person in people:
        owe(None, "watering", person, due_at=now())
    return people


@pytest.mark.parametrize(
    ("number", "queries"), [(2, 6 + 4 * 2), (10, 6 + 4 * 10), (40, 6 + 40 + 3 * 2)]
)
def test_a_few_have_a_transaction_each_and_many_share_one(
    number: int, queries: int, watering: Watering
) -> None:
    people = several(number)
    with CaptureQueriesContext(connection) as seen:
        assert sweep().stepped == number
    assert len([query for query in seen if "SAVEPOINT" not in query["sql"]]) == queries
    assert len(told()) == len(watering.taken) == number
    rows = Deadline.objects.values_list("step", "subject_id").order_by("subject_id")
    assert list(rows) == [(2, person.pk) for person in people]


def test_one_of_many_that_raises_fails_alone(watering: Watering) -> None:
    people = several(50)
    watering.explodes_for = {people[7].pk, people[33].pk}
    result = sweep()
    assert (result.stepped, result.failed) == (48, 2)
    failing = Deadline.objects.filter(failures=1).values_list("subject_id", flat=True)
    assert set(failing) == watering.explodes_for
    assert len(told()) == 48


def test_two_of_one_incident_never_share_a_transaction(watering: Watering) -> None:
    for index, person in enumerate(several(30)):
        Deadline.objects.filter(subject_id=person.pk).update(scope=f"incident:{index % 3}")
    assert sweep().stepped == 30
    rows = [Deadline(pk=index, scope=f"incident:{index % 3}", kind="k") for index in range(9)]
    chunks = [[row.pk for row in chunk] for chunk in sweeping._chunks(rows)]
    assert chunks == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_a_step_that_moves_its_own_deadline_is_not_overwritten(
    watering: Watering, gardener: User
) -> None:
    later = now() + 60 * MINUTE

    class Patient(Watering):
        def on_step(self, subject: User, deadline: Deadline, step: Step, now: datetime) -> None:
            move_deadline("watering", subject, due_at=later)

    forget_kind("watering")
    register(Patient())
    owe(None, "watering", gardener, due_at=now())
    sweep()
    deadline = Deadline.objects.get()
    assert (deadline.due_at, deadline.moved_count, deadline.step) == (later, 1, 0)
    assert deadline.next_step_at == later - 5 * MINUTE


def test_an_empty_pass_is_four_queries(watering: Watering, gardener: User) -> None:
    owe(None, "watering", gardener, due_at=now() + 30 * MINUTE)
    with CaptureQueriesContext(connection) as seen:
        sweep()
    assert len(seen) == 4
