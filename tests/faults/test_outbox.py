"""Nothing that was acknowledged is lost, whatever dies (A2), on servers that may be killed.

The short form runs with every test run: one death at each named point, and exactly what each of
them costs. ``ENDSTATE_FAULTS=full`` (``make faults``) runs the bar: ten thousand mails, a hundred
kills of senders, four crashes of the database, four of Valkey.
"""

import contextlib
import itertools
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
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from running.embedded import Servers
from tests.faults.conftest import CHILD
from tests.faults.points import Points, Stop
from tests.notifications.smtp import Post, post_office
from tests.waiting import FULL, until, until_through

WRITER = "import django; django.setup(); import tests.faults.writer as w; w.main()"
MIGRATE = "from manage import main; main(['manage.py', 'migrate', '-v', '0'])"
BATCH = 8
"""Mails that follow each fault of the short form."""

pytestmark = pytest.mark.timeout(3600 if FULL else 600)


@dataclass
class Toll:
    """What was done and what came of it."""

    mails: int = 0
    kills: int = 0
    crashes: int = 0
    broker_kills: int = 0
    acknowledged: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    unexpected: set[str] = field(default_factory=set)
    duplicates: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0


class Town:
    """A database, a broker, a writer and two senders, all of which may be killed."""

    def __init__(self, servers: Servers, post: Post, points: Points, broken: str) -> None:
        self.servers = servers
        self.post = post
        self.points = points
        self.broken = broken
        self.environment = {
            **os.environ,
            **points.environment,
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
        self.left_behind: set[str] = set()
        """Rows in the hands of senders that died, or lost the database, while they held them."""
        self._names = (f"w{number}" for number in itertools.count(1))

    def run(self, code: str, *arguments: object) -> subprocess.Popen[bytes]:
        """Start a Python process of this town."""
        talks = subprocess.PIPE if code is WRITER else None
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=settings.ROOT,
            env=self.environment,
            stdin=talks,
            stdout=talks,
            start_new_session=True,
        )

    def prepare(self) -> None:
        """Make the tables."""
        assert self.run(MIGRATE).wait(300) == 0

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

    def kill_a_sender_at(self, stop: Stop) -> str:
        """kill -9 the one that stands there, start another; answers the mail it was about."""
        facts = stop.held()
        self.left_behind |= set(facts["batch"])
        (victim,) = (sender for sender in self.senders if sender.pid == facts["pid"])
        victim.send_signal(signal.SIGKILL)
        victim.wait(10)
        self.start_senders()
        return str(facts.get("subject", ""))

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

    def start_the_writer(self) -> None:
        """Start the writer, and a thread that notes what it was acknowledged."""
        self.writer = self.run(WRITER)
        lines = self.writer.stdout
        assert lines is not None

        def note() -> None:
            for line in lines:
                self.acknowledged.add(line.decode().strip())

        threading.Thread(target=note, daemon=True).start()

    def write(self, number: int, pause: float = 0.0) -> None:
        """Have the writer queue so many mails."""
        assert self.writer is not None and self.writer.stdin is not None
        self.writer.stdin.write(f"{next(self._names)} {number} {pause}\n".encode())
        self.writer.stdin.flush()

    def kill_the_writer_at(self, stop: Stop) -> str:
        """kill -9 the writer that stands there and start another; answers the mail in hand."""
        facts = stop.held()
        assert self.writer is not None and self.writer.pid == facts["pid"]
        self.writer.kill()
        self.writer.wait(10)
        self.start_the_writer()
        return str(facts["key"])

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Ask the database from outside."""
        with psycopg.connect(self.servers.database_url, autocommit=True) as connection:
            cursor = connection.execute(query)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def underway(self) -> set[str]:
        """The rows that have not come to an end."""
        query = "SELECT id FROM notifications_delivery WHERE state IN ('pending', 'sending')"
        return {str(row[0]) for row in self.ask(query)}

    def is_at_rest(self) -> bool:
        """Whether nothing is underway; a sender that ended is started again, as ``up`` does."""
        self.start_senders()
        return not self.underway()

    def let_leases_end(self) -> None:
        """Move the clock past the leases of the dead, once the living have nothing in hand."""
        until(lambda: self.underway() <= self.left_behind)
        self.ask("INSERT INTO clock_offset (id, seconds) VALUES (1, 40)")

    def change_senders(self, *, seconds: int) -> None:
        """End both senders in order, move the clock, and start two others."""
        waiting = "SELECT 1 FROM notifications_delivery WHERE state = 'pending'"
        until(lambda: not self.ask(waiting))
        for sender in self.senders:
            sender.terminate()
        for sender in self.senders:
            sender.wait(60)
        self.ask(f"INSERT INTO clock_offset (id, seconds) VALUES (1, {seconds})")
        self.start_senders()

    def arrived(self) -> set[str]:
        """The mails that the mail server has."""
        return {str(message["Subject"]) for message in list(self.post.messages)}

    def count(self, toll: Toll) -> Toll:
        """What of the acknowledged arrived, and what else did."""
        seen = Counter(str(message["Subject"]) for message in self.post.messages)
        ids = {str(message["Message-ID"]) for message in self.post.messages}
        committed = {
            str(row[0]) for row in self.ask("SELECT subject_line FROM notifications_delivery")
        }
        assert len(ids) == len(seen), "each mail has one Message-ID, however often it goes out"
        toll.mails = len(self.acknowledged)
        toll.acknowledged = self.acknowledged
        toll.lost = self.acknowledged - set(seen)
        toll.unexpected = set(seen) - committed
        toll.duplicates = seen - Counter(set(seen))
        return toll

    def stop(self) -> None:
        """Leave nothing running."""
        for process in [*self.senders, *([self.writer] if self.writer else [])]:
            if process.poll() is None:
                process.kill()
            process.wait(10)


@contextlib.contextmanager
def town(folder: Path, broken: str = "") -> Iterator[Town]:
    """A town of its own for one test."""
    servers = Servers(folder / "data", with_parent=True)
    servers.start()
    (folder / "points").mkdir()
    with post_office() as post:
        place = Town(servers, post, Points(folder / "points"), broken)
        try:
            place.prepare()
            place.start_senders()
            place.start_the_writer()
            yield place
        finally:
            place.stop()
            servers.stop(even_if_used=True)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a town lives."""
    return tmp_path_factory.mktemp("town")


def test_a2_what_was_acknowledged_arrives_whichever_point_a_process_dies_at(folder: Path) -> None:
    with town(folder) as place:
        again = []
        for point in ("claimed", "handed over", "settled"):
            stop = place.points.order(point)
            place.write(BATCH)
            in_hand = place.kill_a_sender_at(stop)
            if point == "handed over":
                again.append(in_hand)
        unwritten = place.points.order("queued")
        place.write(BATCH)
        never = place.kill_the_writer_at(unwritten)
        unsaid = place.points.order("committed")
        place.write(BATCH)
        arrives = place.kill_the_writer_at(unsaid)
        # The database dies with a mail in the hands of each sender and one half written.
        held = [place.points.order("handed over") for _ in place.senders]
        place.write(2 * BATCH)
        facts = [stop.held() for stop in held]
        again += [fact["subject"] for fact in facts]
        place.left_behind |= {row for fact in facts for row in fact["batch"]}
        half = place.points.order("queued")
        place.write(BATCH)
        gone = str(half.held()["key"])
        place.crash_the_database()
        for stop in (*held, half):
            stop.let_go()
        place.kill_the_broker()
        place.write(BATCH)
        until(lambda: len(place.acknowledged) == 3 * BATCH + 4 * BATCH)
        place.let_leases_end()
        until(place.is_at_rest)
        toll = place.count(Toll(kills=3, crashes=1, broker_kills=1))
        assert place.ask("SELECT DISTINCT state FROM notifications_delivery") == [("sent",)]
    seen = {str(message["Subject"]) for message in place.post.messages}
    assert (toll.lost, toll.unexpected) == (set(), set())
    # Only what had been handed over and not noted goes out again, with the id it had.
    assert toll.duplicates == Counter(again)
    assert seen == toll.acknowledged | {arrives}
    assert never not in seen and gone not in seen


def test_a2_control_marking_before_sending_loses_what_is_in_hand(folder: Path) -> None:
    with town(folder, "order") as place:
        in_hand = set()
        for _ in range(2):
            stop = place.points.order("settled")
            place.write(BATCH)
            in_hand.add(place.kill_a_sender_at(stop))
        until(lambda: len(place.acknowledged) == 2 * BATCH)
        place.let_leases_end()
        # That a row is marked says nothing here: what is not lost must arrive.
        until(lambda: place.arrived() >= place.acknowledged - in_hand)
        until(place.is_at_rest)
        toll = place.count(Toll(kills=2))
    assert len(in_hand) == 2
    assert (toll.lost, toll.duplicates) == (in_hand, Counter())


def test_a2_what_was_acknowledged_arrives_though_everything_is_killed_in_turn(
    folder: Path,
) -> None:
    """The kills of senders find them alternately at the points and wherever they are."""
    mails = 10_000 if FULL else 60
    toll = (
        Toll(kills=100, crashes=4, broker_kills=4)
        if FULL
        else Toll(kills=2, crashes=1, broker_kills=1)
    )
    began = time.monotonic()
    with town(folder) as place:
        faults = in_turn(toll)
        points = itertools.cycle(("claimed", "handed over", "settled"))
        each = mails // (len(faults) + 1)
        for number, fault in enumerate(faults):
            at_a_point = fault == "kill" and number % 2
            stop = place.points.order(next(points)) if at_a_point else None
            arrived = len(place.post.messages)
            place.write(each, 0.02)
            if stop is not None:
                place.kill_a_sender_at(stop)
                continue
            until(lambda: len(place.post.messages) >= arrived + each // 2)  # noqa: B023
            {
                "kill": place.kill_a_sender,
                "crash": place.crash_the_database,
                "broker": place.kill_the_broker,
            }[fault]()
            place.start_senders()
        place.write(mails - each * len(faults), 0.02)
        until_through(lambda: len(place.acknowledged) == mails, lambda: len(place.acknowledged))
        if not FULL:
            # The short form does not wait thirty seconds for a dead sender's lease.
            place.change_senders(seconds=40)
        # How many a second go out is the machine's; a dead sender's lease is half a minute.
        until_through(place.is_at_rest, lambda: len(place.post.messages))
        place.count(toll)
        assert place.ask("SELECT DISTINCT state FROM notifications_delivery") == [("sent",)]
    toll.took_s = round(time.monotonic() - began, 1)
    if FULL:
        _publish(toll)
    assert (toll.lost, toll.unexpected) == (set(), set()), toll
    # At most the mail in hand of each sender that ends, and of both when the database does.
    most = toll.kills + 2 * toll.crashes + (0 if FULL else 2)
    assert toll.duplicates.total() <= max(toll.mails // 100, most), toll


def in_turn(toll: Toll) -> list[str]:
    """The faults of a toll, the rare ones spread evenly among the kills."""
    faults = ["kill"] * toll.kills
    for what, number in (("crash", toll.crashes), ("broker", toll.broker_kills)):
        for index in range(number):
            faults.insert((index + 1) * len(faults) // (number + 1), what)
    return faults


def _publish(toll: Toll) -> None:
    """Keep the figures of a full run beside the benchmarks."""
    folder = settings.ROOT / "bench" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    counted = {
        "acknowledged": len(toll.acknowledged),
        "lost": len(toll.lost),
        "unexpected": len(toll.unexpected),
        "duplicates": toll.duplicates.total(),
    }
    path = folder / f"faults-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps({**asdict(toll), **counted}, indent=1) + "\n")
