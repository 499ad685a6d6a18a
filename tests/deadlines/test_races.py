"""Several sweeps, senders and people at once, on real connections."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, connections, transaction

from clock.models import Now
from clock.queries import now
from deadlines import sweeping
from deadlines.actions import keep_deadline, owe, sweep
from deadlines.models import Deadline
from deadlines.sweeping import SweepResult
from notifications.models import Delivery
from notifications.sending import send_due
from notifications.settling import SendResult
from people.models import User
from tests.deadlines.kind import Watering
from tests.notifications.smtp import post_office

pytestmark = pytest.mark.django_db(transaction=True)


def several(number: int, work: Callable[[], object]) -> list[object]:
    """Run ``work`` in that many threads, each on its own connection, started together."""
    barrier = threading.Barrier(number)
    answers: list[object] = []

    def run() -> None:
        try:
            barrier.wait(10)
            answers.append(work())
        except Exception as error:
            answers.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def keys() -> list[str]:
    """The keys of all deliveries inside the product."""
    return sorted(Delivery.objects.filter(channel="in_app").values_list("key", flat=True))


def test_eight_sweeps_at_once_write_each_step_once(watering: Watering, gardener: User) -> None:
    people = [
        User.objects.create_user(f"p{number}@example.org", name=f"P{number}")
        for number in range(25)
    ]
    for person in people:
        owe(None, "watering", person, due_at=now())
    results = several(8, sweep)
    assert [type(result) for result in results] == [SweepResult] * 8
    assert sum(result.stepped for result in results if isinstance(result, SweepResult)) == 25
    assert sum(result.failed for result in results if isinstance(result, SweepResult)) == 0
    assert sorted(watering.taken) == [(person.pk, "due") for person in people]
    assert len(keys()) == 25


def test_without_the_lock_and_the_second_look_steps_are_taken_twice(
    watering: Watering, gardener: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above."""
    barrier = threading.Barrier(2)

    def careless(pks: list[int]) -> dict[int, Deadline]:
        found = Deadline.objects.annotate(looked_at=Now()).in_bulk(pks)
        barrier.wait(10)
        return found

    monkeypatch.setattr(sweeping, "_lock_if_due", careless)
    monkeypatch.setattr(watering, "lock", lambda deadline: gardener)
    owe(None, "watering", gardener, due_at=now())
    several(2, sweep)
    assert watering.taken == [(gardener.pk, "due")] * 2
    assert len(keys()) == 1, "the key still keeps the nudge from being written twice"


def test_a_deadline_in_other_hands_is_left_to_them(watering: Watering, gardener: User) -> None:
    deadline = owe(None, "watering", gardener, due_at=now())
    with transaction.atomic():
        Deadline.objects.select_for_update().get(pk=deadline.pk)
        (result,) = several(1, sweep)
    assert isinstance(result, SweepResult)
    assert (result.skipped, result.stepped, result.complete) == (1, 0, False)
    assert keys() == []


def test_whoever_sits_on_one_incident_delays_only_that_one(
    watering: Watering, gardener: User, neighbour: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "LOCK_TIMEOUT", "200ms")
    for who in (gardener, neighbour):
        owe(None, "watering", who, due_at=now())
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=gardener.pk)
        (result,) = several(1, sweep)
    assert isinstance(result, SweepResult)
    assert (result.stepped, result.skipped, result.failed) == (1, 1, 0)
    assert sweep().stepped == 1


def test_kept_while_the_sweep_waits_for_the_incident_is_not_nudged(
    watering: Watering, gardener: User
) -> None:
    owe(None, "watering", gardener, due_at=now())
    found: list[object] = []
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=gardener.pk)
        sweeper = threading.Thread(target=lambda: found.extend(several(1, sweep)))
        sweeper.start()
        time.sleep(0.3)
        keep_deadline("watering", gardener)
    sweeper.join(10)
    (result,) = found
    assert isinstance(result, SweepResult)
    assert (result.stepped, result.skipped, keys()) == (0, 1, [])


def test_a_session_keeps_no_setting_of_the_sweep(watering: Watering, gardener: User) -> None:
    def settings() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            first = cursor.fetchone()[0]
            cursor.execute("SHOW synchronous_commit")
            return [first, cursor.fetchone()[0]]

    before = settings()
    watering.explodes_for = {gardener.pk}
    owe(None, "watering", gardener, due_at=now())
    assert sweep().failed == 1
    assert settings() == before


@pytest.mark.parametrize("hours", [-2, 2])
def test_the_clock_of_the_process_decides_nothing(
    hours: int, watering: Watering, gardener: User, neighbour: User
) -> None:
    moment = now()
    owe(None, "watering", gardener, due_at=moment)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours)):
        owe(None, "watering", neighbour, due_at=moment + timedelta(minutes=30))
        assert sweep().stepped == 1
        with post_office() as post:
            assert send_due("email").sent == 1
    assert [message["To"] for message in post.messages] == ["gardener@example.org"]
    row = Delivery.objects.get(channel="in_app")
    assert abs(row.created_at - moment) < timedelta(minutes=1)


def test_eight_senders_hand_each_mail_over_once(watering: Watering, gardener: User) -> None:
    people = [
        User.objects.create_user(f"p{number}@example.org", name=f"P{number}")
        for number in range(40)
    ]
    for person in people:
        owe(None, "watering", person, due_at=now())
    sweep()
    with post_office() as post:
        results = several(8, lambda: send_due("email"))
    assert sum(result.sent for result in results if isinstance(result, SendResult)) == 40
    assert (len(post.ids), len(set(post.ids))) == (40, 40)


def test_two_senders_make_one_message_of_one_digest(watering: Watering, gardener: User) -> None:
    people = [
        User.objects.create_user(f"p{number}@example.org", name=f"P{number}")
        for number in range(10)
    ]
    watering.told = {step.name: [gardener] for step in watering.steps}
    for person in people:
        owe(None, "watering", person, due_at=now() - timedelta(hours=3))
    sweep()
    Delivery.objects.filter(channel="email").update(next_attempt_at=now())
    with post_office() as post:
        several(4, lambda: send_due("email"))
    assert [message["Subject"] for message in post.messages] == ["10 things that wait for you"]
