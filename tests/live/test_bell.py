"""The bell: after commit only, bounded, and never in anybody's way."""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.db import transaction

from live import bell
from live.announcing import CHANNEL, announce
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def rung() -> Iterator[list[tuple[Any, ...]]]:
    """What was rung for the kind ``test``."""
    seen: list[tuple[Any, ...]] = []
    bell.register_ringer("test", lambda *payload: seen.append(payload))
    yield seen
    bell.flush(PATIENCE_S)
    del bell._ringers["test"]


@pytest.fixture
def tasks() -> Iterator[list[tuple[Any, ...]]]:
    """What was asked of the workers, in place of asking them."""
    seen: list[tuple[Any, ...]] = []
    before = bell._ringers.get("task")
    bell.register_ringer("task", lambda *payload: seen.append(payload))
    yield seen
    bell.flush(PATIENCE_S)
    if before is None:
        del bell._ringers["task"]
    else:
        bell.register_ringer("task", before)


@pytest.fixture
def heard(settings: Any) -> Iterator["redis.client.PubSub"]:
    """A subscription of the test's own, which Valkey has confirmed."""
    broker = redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    line: Any = broker.pubsub()  # type: ignore[no-untyped-call]
    line.subscribe(CHANNEL)
    until(lambda: (line.get_message(timeout=1) or {}).get("type") == "subscribe")
    yield line
    line.close()
    broker.close()


def topics_in(line: "redis.client.PubSub") -> list[str]:
    """Everything announced about ``bell-test`` since it was asked last."""
    bell.flush(PATIENCE_S)
    # Valkey delivers in order, so whatever was announced stands before this.
    end = f"bell-test-end:{uuid4()}"
    redis.Redis(connection_pool=line.connection_pool).publish(CHANNEL, end)
    topics: list[str] = []
    patient = time.monotonic() + PATIENCE_S
    while end not in topics:
        assert time.monotonic() < patient, topics
        message = line.get_message(timeout=1)
        if message and message["data"].startswith("bell-test"):
            topics.append(message["data"])
    return topics[:-1]


@pytest.mark.django_db(transaction=True)
def test_an_announcement_leaves_after_the_commit(heard: "redis.client.PubSub") -> None:
    with transaction.atomic():
        announce("bell-test:1")
        assert topics_in(heard) == []
    assert topics_in(heard) == ["bell-test:1"]
    announce("bell-test:2", calm=True)
    assert topics_in(heard) == ["bell-test:2 calm"]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_announces_nothing_and_asks_no_worker(
    heard: "redis.client.PubSub", tasks: list[tuple[Any, ...]]
) -> None:
    @transaction.atomic
    def ring_and_fail() -> None:
        announce("bell-test:1")
        with transaction.atomic():
            announce("bell-test:2")
            bell.ring_task("some.task", 1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ring_and_fail()
    assert topics_in(heard) == []
    assert tasks == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_asked_after_the_commit(tasks: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        bell.ring_task("some.task", 7, "x")
        bell.flush(PATIENCE_S)
        assert tasks == []
    bell.flush(PATIENCE_S)
    assert tasks == [("some.task", 7, "x")]


def test_the_same_bell_still_waiting_is_once(rung: list[tuple[Any, ...]]) -> None:
    hold, held = threading.Event(), threading.Event()

    def ringer() -> None:
        held.set()
        hold.wait(PATIENCE_S)

    bell.register_ringer("hold", ringer)
    bell.ring("hold")
    assert held.wait(PATIENCE_S)
    assert [bell.ring("test", 1), bell.ring("test", 1), bell.ring("test", 2)] == [
        True,
        True,
        True,
    ]
    hold.set()
    assert bell.flush(PATIENCE_S)
    assert rung == [(1,), (2,)]


def test_a_full_queue_drops_and_never_waits() -> None:
    hold, held = threading.Event(), threading.Event()

    def ringer(*_: object) -> None:
        held.set()
        hold.wait()

    bell.register_ringer("hold", ringer)
    small = bell.Bell(limit=10)
    small.ring(("hold", "first"))
    assert held.wait(PATIENCE_S)
    # Nothing leaves the queue meanwhile, so whoever waited for a place would wait for ever.
    taken = [small.ring(("hold", number)) for number in range(25)]
    assert taken == [True] * 10 + [False] * 15
    hold.set()
    assert small.flush(PATIENCE_S)


def test_a_bell_that_fails_costs_only_itself(rung: list[tuple[Any, ...]]) -> None:
    def fail() -> None:
        raise ConnectionError("the broker is away")

    bell.register_ringer("fail", fail)
    bell.ring("fail")
    bell.ring("nobody-knows-this-kind")
    bell.ring("test", 1)
    assert bell.flush(PATIENCE_S)
    assert rung == [(1,)]


def test_a_child_process_rings_its_own_bell(rung: list[tuple[Any, ...]]) -> None:
    bell.ring("test", "parent")
    assert bell.flush(PATIENCE_S)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        bell.register_ringer("test", lambda word: os.write(writer, word.encode()) and None)
        bell.ring("test", "child")
        bell.flush(PATIENCE_S)
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"child"
    os.close(reader)
    assert rung == [("parent",)]
