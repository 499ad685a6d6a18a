"""Nothing that was acknowledged is lost, whatever dies (A2), on servers that may be killed.

The short form runs with every test run; ``ENDSTATE_FAULTS=full`` (``make faults``) runs the bar:
ten thousand mails, a hundred kills of senders, four crashes of the database, four of Valkey.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import psycopg
import pytest
from django.conf import settings

from config.embedded import Servers
from tests.faults.conftest import CHILD, until
from tests.notifications.smtp import Post, post_office

FULL = os.environ.get("ENDSTATE_FAULTS") == "full"
WRITER = (
    "import sys, django; django.setup(); import tests.faults.writer as w; "
    "w.main(int(sys.argv[1]), float(sys.argv[2]))"
)


@dataclass
class Toll:
    """What was done and what came of it."""

    mails: int
    kills: int
    crashes: int
    broker_kills: int
    acknowledged: set[str] = field(default_factory=set)
    lost: int = 0
    unexpected: int = 0
    duplicates: int = 0
    took_s: float = 0.0


class Town:
    """A database, a broker, a writer and two senders, all of which may be killed."""

    def __init__(self, servers: Servers, post: Post, broken: str) -> None:
        self.servers = servers
        self.post = post
        self.broken = broken
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": servers.database_url,
            "DATABASE_OWNER_URL": servers.owner_url,
            "REDIS_URL": servers.redis_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{post.port}",
            "LOG_LEVEL": "CRITICAL",
        }
        self.senders: list[subprocess.Popen[bytes]] = []
        self.writer: subprocess.Popen[bytes] | None = None
        self.acknowledged: set[str] = set()

    def run(self, code: str, *arguments: object) -> subprocess.Popen[bytes]:
        """Start a Python process of this town."""
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=settings.ROOT,
            env=self.environment,
            stdout=subprocess.PIPE if code is WRITER else None,
            start_new_session=True,
        )

    def prepare(self) -> None:
        """Make the tables."""
        done = self.run("from manage import main; main(['manage.py', 'migrate', '-v', '0'])")
        assert done.wait(120) == 0

    def start_senders(self, number: int = 2) -> None:
        """Start what is missing of ``number`` senders."""
        self.senders = [sender for sender in self.senders if sender.poll() is None]
        while len(self.senders) < number:
            self.senders.append(self.run(CHILD, self.broken))

    def kill_a_sender(self) -> None:
        """kill -9 the older one and start another."""
        if self.senders:
            victim = self.senders.pop(0)
            victim.send_signal(signal.SIGKILL)
            victim.wait(10)
        self.start_senders()

    def crash_the_database(self) -> None:
        """kill -9 the postmaster and bring the database back."""
        pid = self.servers.postgres_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self._back(valkey=False)

    def kill_the_broker(self) -> None:
        """kill -9 Valkey and bring it back."""
        pid = self.servers.valkey_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self._back(postgres=False)

    def _back(self, **which: bool) -> None:
        time.sleep(0.5)
        self.servers.start(**which)

    def start_writing(self, number: int, pause: float) -> threading.Thread:
        """Start the writer, and a thread that notes what it was acknowledged."""
        self.writer = self.run(WRITER, number, pause)
        lines = self.writer.stdout
        assert lines is not None

        def note() -> None:
            for line in lines:
                self.acknowledged.add(line.decode().strip())

        noting = threading.Thread(target=note, daemon=True)
        noting.start()
        return noting

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Ask the database from outside."""
        with psycopg.connect(self.servers.database_url, autocommit=True) as connection:
            cursor = connection.execute(query)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def underway(self) -> int:
        """How many rows have not come to an end."""
        query = "SELECT count(*) FROM notifications_delivery WHERE state IN ('pending', 'sending')"
        return int(str(self.ask(query)[0][0]))

    def is_at_rest(self) -> bool:
        """Whether nothing is underway; a sender that ended is started again, as ``up`` does."""
        self.start_senders()
        return self.underway() == 0

    def stop(self) -> None:
        """Leave nothing running."""
        for process in [*self.senders, *([self.writer] if self.writer else [])]:
            if process.poll() is None:
                process.kill()
            process.wait(10)


@contextlib.contextmanager
def town(folder: object, broken: str) -> Iterator[Town]:
    """A town of its own for one test."""
    servers = Servers(folder, with_parent=True)  # type: ignore[arg-type]
    servers.start()
    with post_office() as post:
        place = Town(servers, post, broken)
        try:
            place.prepare()
            yield place
        finally:
            place.stop()
            servers.stop(even_if_used=True)


def suffer(place: Town, toll: Toll, pause: float) -> Toll:
    """Write and send while everything is killed in turn; then let it come to rest and count."""
    began = time.monotonic()
    # With few kills a mail takes a moment to hand over, so that they find one in hand.
    place.post.slow = 0 if FULL else 0.02
    place.start_senders()
    noting = place.start_writing(toll.mails, pause)
    until(lambda: len(place.post.messages) >= 5, 60)
    faults = ["kill"] * toll.kills
    for what, number in (("crash", toll.crashes), ("broker", toll.broker_kills)):
        for index in range(number):
            faults.insert((index + 1) * len(faults) // (number + 1), what)
    for number, fault in enumerate(faults, 1):
        target = number * toll.mails // (len(faults) + 1)
        limit = time.monotonic() + (120 if FULL else 20)
        while len(place.post.messages) < target and time.monotonic() < limit:
            place.start_senders()
            time.sleep(0.02)
        {
            "kill": place.kill_a_sender,
            "crash": place.crash_the_database,
            "broker": place.kill_the_broker,
        }[fault]()
        place.start_senders()
    place.post.slow = 0
    noting.join(600)
    assert len(place.acknowledged) == toll.mails
    settle_down(place.post)
    if not FULL:
        # The short form does not wait thirty seconds for a dead sender's lease. What a living one
        # has in hand must be gone by now, or its lease would seem to have run out too.
        place.ask("INSERT INTO clock_offset (id, seconds) VALUES (1, 40)")
    until(place.is_at_rest, 180)
    toll.acknowledged = place.acknowledged
    seen = Counter(str(message["Subject"]) for message in place.post.messages)
    ids = {str(message["Message-ID"]) for message in place.post.messages}
    committed = {
        str(row[0]) for row in place.ask("SELECT subject_line FROM notifications_delivery")
    }
    toll.lost = len(place.acknowledged - set(seen))
    toll.unexpected = len(set(seen) - committed) + len(ids) - len(seen)
    toll.duplicates = sum(seen.values()) - len(seen)
    toll.took_s = round(time.monotonic() - began, 1)
    return toll


def settle_down(post: Post) -> None:
    """Wait until nothing has arrived for three seconds."""
    quiet_since, seen = time.monotonic(), len(post.messages)
    while time.monotonic() - quiet_since < 3:
        time.sleep(0.1)
        if len(post.messages) != seen:
            quiet_since, seen = time.monotonic(), len(post.messages)


@pytest.mark.timeout(3600)
def test_a2_what_was_acknowledged_arrives_though_everything_is_killed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    toll = Toll(10_000, 100, 4, 4) if FULL else Toll(100, 4, 1, 1)
    with town(tmp_path_factory.mktemp("town"), "") as place:
        suffer(place, toll, 0.02 if FULL else 0.03)
        assert place.ask("SELECT state, count(*) FROM notifications_delivery GROUP BY state") == [
            ("sent", len(place.ask("SELECT id FROM notifications_delivery")))
        ]
    if FULL:
        _publish(toll)
    assert (toll.lost, toll.unexpected) == (0, 0), toll
    # At most the mail in hand of each sender that dies, and of both when the database does.
    assert toll.duplicates <= max(toll.mails // 100, toll.kills + 2 * toll.crashes), toll


def test_a2_control_marking_before_sending_loses_mails(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with town(tmp_path_factory.mktemp("town"), "order") as place:
        toll = suffer(place, Toll(80, 4, 0, 0), 0.01)
    assert toll.lost > 0


def _publish(toll: Toll) -> None:
    """Keep the figures of a full run beside the benchmarks (RELIABILITY.md, section F)."""
    folder = settings.ROOT / "bench" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    figures = {**asdict(toll), "acknowledged": len(toll.acknowledged)}
    path = folder / f"faults-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps(figures, indent=1) + "\n")
