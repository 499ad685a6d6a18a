"""What a process asks PostgreSQL and the kernel to keep, and what runs into it."""

import socket
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from clock.actions import set_offset
from config.middleware import DatabaseAway
from deadlines.passes import run_pass
from notifications.models import Delivery
from people.models import User
from tests.faults.conftest import Loops
from tests.faults.proxy import Wire
from tests.notifications.smtp import Post
from tests.outbox import queue_delivery
from tests.waiting import until
from waits import limits, places
from waits.limits import BACKGROUND, COMMAND, WEB, Limits, become
from waits.places import Places
from waits.trouble import AWAY, BUSY, FULL, Busy, trouble_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The limits of the test run itself, and a fresh connection, afterwards."""
    yield
    become(COMMAND)
    connection.close()


def settings_of() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings"
            " WHERE name IN ('lock_timeout', 'statement_timeout')"
        )
        return dict(cursor.fetchall())


@pytest.mark.parametrize("kept", [WEB, BACKGROUND, COMMAND], ids=["web", "background", "command"])
def test_each_kind_of_process_keeps_its_limits(kept: Limits) -> None:
    connection.close()
    become(kept)
    assert settings_of() == {
        "lock_timeout": f"{kept.lock_s * 1000:g}",
        "statement_timeout": f"{kept.statement_s * 1000:g}",
    }


def test_a_pass_of_the_sweep_leaves_the_limits_as_they_were() -> None:
    connection.close()
    become(BACKGROUND)
    run_pass("hand")
    assert settings_of()["lock_timeout"] == f"{BACKGROUND.lock_s * 1000:g}"


def test_a_statement_that_takes_too_long_is_busy() -> None:
    connection.close()
    become(Limits(lock_s=1, statement_s=0.2, answer_s=30))
    with pytest.raises(OperationalError) as raised, connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")
    assert trouble_of(raised.value) is BUSY


@pytest.mark.parametrize(
    ("cause", "trouble"),
    [
        (psycopg.errors.DiskFull(), FULL),
        (psycopg.errors.LockNotAvailable(), BUSY),
        (psycopg.errors.QueryCanceled(), BUSY),
        (psycopg.errors.CannotConnectNow(), AWAY),
        (psycopg.OperationalError(), AWAY),
    ],
)
def test_what_is_wrong_is_told_apart(cause: Exception, trouble: object) -> None:
    error = OperationalError("x")
    error.__cause__ = cause
    assert (trouble_of(error), trouble_of(cause), trouble_of(Busy())) == (trouble, trouble, BUSY)


def test_the_kernel_is_told_when_a_peer_is_gone(wire: Wire) -> None:
    options = limits.SILENT_PEER
    database = connection.settings_dict
    assert {name: database["OPTIONS"][name] for name in options} == options
    with psycopg.connect(
        host="127.0.0.1",
        port=wire.port,
        user=database["USER"],
        password=database["PASSWORD"] or None,
        dbname=database["NAME"],
        **options,  # type: ignore[arg-type]
    ) as line:
        handle = socket.socket(fileno=line.pgconn.socket)
        kept = [
            handle.getsockopt(socket.IPPROTO_TCP, option)
            for option in (
                socket.TCP_USER_TIMEOUT,
                socket.TCP_KEEPIDLE,
                socket.TCP_KEEPINTVL,
                socket.TCP_KEEPCNT,
            )
        ]
        handle.detach()
    assert kept == [8000, 5, 2, 3]


@pytest.mark.parametrize(
    ("kept", "refused"), [(WEB, 1), (COMMAND, 0)], ids=["web", "control: any number"]
)
def test_only_so_many_threads_wait_for_one_row(kept: Limits, refused: int) -> None:
    become(kept)
    queue, over = Places(), threading.Event()

    def wait() -> None:
        with queue.one(1):
            over.wait(20)

    threads = [threading.Thread(target=wait) for _ in range(WEB.side_by_side)]
    for thread in threads:
        thread.start()
    if refused:
        until(lambda: queue._waiting.get(1) == WEB.side_by_side)
    told = 0
    try:
        with queue.one(1):
            pass
    except Busy:
        told = 1
    with queue.one(2):
        beside = True
    over.set()
    for thread in threads:
        thread.join()
    assert (told, beside, queue._waiting, places.PLACE_S) == (refused, True, {}, 0.5)


@pytest.mark.parametrize(("age_s", "ok"), [(0, True), (10, True), (20, False), (44, False)])
def test_enforcement_is_ok_within_its_bound_and_not_beyond(age_s: int, ok: bool) -> None:
    run_pass("hand")
    set_offset(age_s)
    found = Client().get("/readyz").json()
    assert (found["enforcement"]["ok"], found["ready"]) == (ok, ok)
    assert found["enforcement"]["age_s"] >= age_s


def test_a_full_disk_is_told_apart_by_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    run_pass("hand")
    fine = {"ok": True}
    assert Client().get("/readyz").json()["database"] == fine
    error = OperationalError("could not extend file")
    error.__cause__ = psycopg.errors.DiskFull()
    monkeypatch.setattr("config.probes._full_at", time.monotonic() - 61)
    assert Client().get("/readyz").json()["database"] == fine
    monkeypatch.setattr("config.probes._full_at", float("-inf"))
    from_a_page(error)
    full = Client().get("/readyz")
    assert full.status_code == 503
    assert full.json()["database"] == {**fine, "ok": False, "reason": "the disk is full"}
    monkeypatch.setattr("config.probes._full_at", float("-inf"))
    monkeypatch.setattr("config.probes.ROOM_BYTES", 2**60)
    assert "the disk is full" in Client().get("/readyz").json()["database"]["reason"]


def from_a_page(error: Exception) -> None:
    """What the middleware makes of ``error`` raised by a view."""
    from_view = DatabaseAway(lambda request: HttpResponse())
    answer = from_view.process_exception(RequestFactory().get("/api/v1/incidents"), error)
    assert answer is not None
    assert (answer.status_code, b'"disk_full"' in answer.content) == (503, True)


def test_a_mail_server_that_says_nothing_holds_up_mail_and_nothing_else(
    loops: Loops, post: Post, gardener: User
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        post.port = mute.getsockname()[1]
        loops.start()
        for number in range(20):
            queue_delivery(
                key=f"m{number}",
                kind="test",
                person=gardener,
                channels=("email",),
                subject_line="S",
                text="T",
            )
            queue_delivery(
                key=f"h{number}",
                kind="test",
                address="https://hook.example",
                channels=("webhook",),
                subject_line="fine",
                text="T",
            )
        hooks = Delivery.objects.filter(channel="webhook", state="sent")
        until(lambda: hooks.count() == 20)
        assert Delivery.objects.filter(channel="email", state="sent").count() == 0
