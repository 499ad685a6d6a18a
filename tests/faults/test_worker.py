"""The worker and its bell: what they do when the loop is gone, and what a dead broker costs."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis
import time_machine
from celery import Celery
from django.conf import settings
from django.db import transaction

from clock.queries import now
from config.schedule import celery_settings
from deadlines.models import Pass
from incidents.cadence.promises import promise_update
from incidents.record.locking import lock_incident
from incidents.record.models import Incident, TimelineEntry
from live import bell
from notifications.models import Delivery
from people.models import User
from running.embedded import Servers
from tests.faults.conftest import Loops
from tests.faults.points import Points
from tests.notifications.smtp import Post
from tests.outbox import queue_delivery
from tests.waiting import FULL, until

WORKER = "import django; django.setup(); import tests.faults.child as c; c.work()"
RING = (
    "import sys, django; django.setup(); from live import bell;"
    "bell.ring_task(sys.argv[1], *sys.argv[2:]); assert bell.flush(60)"
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


@pytest.fixture
def worker(loops: Loops, points: Points, valkey: Servers) -> Iterator[subprocess.Popen[bytes]]:
    """One Celery worker on the test database, as ``up`` starts it, ready for its first task."""
    ready = points.order("ready")
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=settings.ROOT,
        env={**os.environ, **loops.environment()},
        start_new_session=True,
    )
    ready.held()
    ready.let_go()
    yield process
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def ring(loops: Loops, name: str, *ids: str) -> None:
    """Ring as a web process on that broker does, again if the bell says that it was lost."""

    def rang() -> bool:
        said = subprocess.run(
            [sys.executable, "-c", RING, name, *ids],
            cwd=settings.ROOT,
            env={**os.environ, **loops.environment()},
            check=True,
            capture_output=True,
            text=True,
        ).stderr
        return "was lost" not in said

    until(rang)


def tell(person: User) -> None:
    """Queue one mail."""
    queue_delivery(
        key="k",
        kind="test",
        person=person,
        channels=("email",),
        subject_line="Your update is due",
        text="At 03:15.",
    )


def test_without_a_loop_the_worker_sends_and_sweeps_when_rung_for(
    worker: subprocess.Popen[bytes], loops: Loops, post: Post, gardener: User
) -> None:
    tell(gardener)
    ring(loops, "notifications.tasks.send_due", "email")
    ring(loops, "deadlines.tasks.sweep_due")
    until(lambda: post.messages and Pass.objects.filter(ringer="beat").exists())
    assert [message["To"] for message in post.messages] == ["gardener@example.org"]
    until(lambda: Delivery.objects.get().state == "sent")


def test_queueing_waits_for_no_broker(gardener: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    answered = threading.Event()

    def silent(name: str, *ids: str) -> None:
        rung.append(name)
        answered.wait(300)
        raise TimeoutError

    monkeypatch.setitem(bell._ringers, "task", silent)
    tell(gardener)
    until(lambda: rung == ["notifications.tasks.send_due"])
    # The broker has not answered yet, and the row is there.
    assert Delivery.objects.get().state == "pending"
    answered.set()
    assert bell.flush(60)


def test_the_bell_of_the_product_asks_the_worker_in_one_message_that_does_not_keep(
    valkey: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", valkey.redis_url)
    celery = Celery("endstate", fixups=[], set_as_current=False)
    celery.conf.update(celery_settings())
    monkeypatch.setattr("config.celery.app", celery)
    with time_machine.travel(datetime(2026, 11, 21, 3, 0, tzinfo=UTC), tick=False):
        bell._ringers["task"]("notifications.tasks.send_due", "email")
    queue = redis.Redis.from_url(valkey.redis_url).lrange("celery", 0, -1)
    (message,) = [json.loads(one) for one in queue]  # type: ignore[union-attr]
    headers = message["headers"]
    assert (headers["task"], headers["argsrepr"]) == ("notifications.tasks.send_due", "('email',)")
    assert headers["expires"] == "2026-11-21T03:01:00+00:00"
    assert (headers["eta"], headers["ignore_result"]) == (None, True)
    celery.close()


def test_a_broker_that_takes_and_never_answers_costs_the_bell_about_a_second(
    loops: Loops, valkey: Servers
) -> None:
    pid = valkey.valkey_pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    said = subprocess.run(
        [sys.executable, "-c", RING, "notifications.tasks.send_due", "email"],
        cwd=settings.ROOT,
        env={**os.environ, **loops.environment()},
        check=True,
        capture_output=True,
        text=True,
        # Untuned it takes longer than that for ever.
        timeout=50,
    ).stderr
    assert "The bell ('task', 'notifications.tasks.send_due', 'email') was lost" in said


def test_p45_a_worker_killed_while_an_update_falls_due_costs_no_nudge_and_no_time(
    worker: subprocess.Popen[bytes],
    loops: Loops,
    points: Points,
    post: Post,
    incident: Incident,
    commander: User,
) -> None:
    loops.start()
    waits = points.order("sweeping")
    waits.held()
    with transaction.atomic():
        due_at = now() + timedelta(seconds=2)
        promise_update(lock_incident(incident.pk), at=now(), due_at=due_at)
    until(lambda: now() >= due_at)
    # The worker dies with the step written and not committed, which the loop then finds due.
    stop = points.order("written")
    ring(loops, "deadlines.tasks.sweep_due")
    stop.held()
    assert not Delivery.objects.filter(kind="update", step="due").exists()
    os.killpg(worker.pid, signal.SIGKILL)
    waits.let_go()
    due = Delivery.objects.filter(kind="update", step="due")
    until(lambda: due.filter(channel="email", state="sent").exists())
    loops.stop()
    rows = sorted(due.values_list("person__email", "channel", "state"))
    assert rows == [(commander.email, "email", "sent"), (commander.email, "in_app", "sent")]
    (mail,) = [message for message in post.messages if message["X-Endstate-Kind"] == "update"]
    assert mail["To"] == commander.email
    assert mail["Message-ID"] == f"<{due.get(channel='email').pk}@127.0.0.1>"
    late = due.get(channel="email").sent_at - due_at  # type: ignore[operator]
    assert late <= timedelta(seconds=10 if FULL else 60)
    overdue = TimelineEntry.objects.filter(incident=incident, kind="update_overdue")
    assert [entry.at for entry in overdue] == [due_at]
