"""The live board under load: fan-out, memory, a reconnect storm, slow readers, the end.

Every figure of ours stands beside the limit's of the same run (``bench.limit``).
"""

import json
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import redis
from django.conf import settings

from bench.board import PATH, change
from bench.rows import Row
from bench.stage import Crowd, Crowds, Process, percentile
from live.announcing import CHANNEL
from live.hub import GAP_S

ROUNDS = 16
#: So many watch, hear of one change and leave before memory is measured.
FIRST = 50
#: The last of so many is reached within so many times what the limit takes.
LAST = {1000: 1.6, 5000: 1.5}
QUIET = json.dumps({"heartbeat_every": 15, "look_every": 5, "redraw_every": 600})
OURS = [sys.executable, "-m", "bench.serve", "bench.our_server", "{fd}", QUIET]
LIMIT = [sys.executable, "-m", "bench.limit", "{fd}"]


@dataclass(frozen=True)
class FanOut:
    """What one design did with so many viewers: figures of each round, and of being there."""

    viewers: int
    p99s_ms: list[float]
    lasts_ms: list[float]
    cpus_us: list[float]
    kb: float
    threads: int

    @property
    def p99_ms(self) -> float:
        """When 99 of 100 had it, in the middle of the rounds."""
        return statistics.median(self.p99s_ms)

    @property
    def last_ms(self) -> float:
        """When the last had it, in the middle of the rounds."""
        return statistics.median(self.lasts_ms)

    @property
    def cpu_us(self) -> float:
        """Processor time a delivery, in the middle of the rounds."""
        return statistics.median(self.cpus_us)


class Room:
    """One server with its viewers, rung for again and again."""

    def __init__(
        self,
        server: Process,
        ring: Callable[[], float],
        *,
        viewers: int,
        cookies: Path | None = None,
        path: str = "/",
    ) -> None:
        self.server, self.ring, self.viewers = server, ring, viewers
        # What the process takes once, whoever watches, is no viewer's.
        with Crowds(FIRST) as first:
            first.open(port=server.port, path=path, cookies=str(cookies or ""))
            time.sleep(1.5)
            first.arm()
            ring()
            first.wait()
        before_kb = server.memory_kb()
        self.crowd = Crowds(viewers)
        self.crowd.open(port=server.port, path=path, cookies=str(cookies or ""))
        time.sleep(1.5)
        self._kb = (server.memory_kb() - before_kb) / viewers
        self._p99s: list[float] = []
        self._lasts: list[float] = []
        self._cpus: list[float] = []

    def round(self, *, counts: bool = True) -> None:
        """Ring once, and see when each of them has the message."""
        self.crowd.arm()
        cpu = self.server.cpu_s()
        rung = self.ring()
        late = [(moment - rung) * 1000 for moment in self.crowd.wait()]
        # What is left to do after the last write belongs to the round.
        time.sleep(0.02)
        if counts:
            self._cpus.append((self.server.cpu_s() - cpu) / self.viewers * 1e6)
            self._p99s.append(percentile(late, 0.99))
            self._lasts.append(late[-1])

    def figures(self) -> FanOut:
        """What the rounds said."""
        return FanOut(
            self.viewers, self._p99s, self._lasts, self._cpus, self._kb, self.server.threads()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.crowd.__exit__()


def in_turn(rooms: list[Room], rounds: int) -> list[FanOut]:
    """A round of one, a round of the other, again and again; two first that do not count."""
    for number in range(rounds + 2):
        for room in rooms:
            room.round(counts=number >= 2)
            # Nobody's rhythm is to hold up the next round.
            time.sleep(GAP_S + 0.13)
    return [room.figures() for room in rooms]


class Doorbell:
    """Rings as the bell's thread does: one message on the channel."""

    def __init__(self) -> None:
        self.broker = redis.Redis.from_url(settings.REDIS_URL)

    def __call__(self) -> float:
        """Change the row and ring; answers when."""
        change()
        rung = time.monotonic()
        self.broker.publish(CHANNEL, "bench:1")
        return rung


@contextmanager
def limit_room(viewers: int) -> Iterator[Room]:
    """Watched by so many: a bare protocol."""
    with Process(LIMIT) as server:
        server.until_it_answers()
        with socket.create_connection(("127.0.0.1", server.port)) as line:

            def go() -> float:
                rung = time.monotonic()
                line.sendall(b"go\n")
                return rung

            with Room(server, go, viewers=viewers) as room:
                yield room


@contextmanager
def our_room(viewers: int, cookies: Path) -> Iterator[Room]:
    """Watched by so many: our hub, every viewer with an account and a session of their own."""
    with Process(OURS) as server:
        server.until_it_answers()
        with Room(server, Doorbell(), viewers=viewers, cookies=cookies, path=PATH) as room:
            yield room


def middle(ours: list[float], others: list[float]) -> float:
    """The middle of the ratios of rounds that followed each other."""
    return statistics.median(one / other for one, other in zip(ours, others, strict=True))


def fan_out_rows(cookies: Path, sizes: list[int]) -> list[Row]:
    """Ours in turn with the limit, at each size."""
    rows = []
    for size in sizes:
        with limit_room(size) as bare, our_room(size, cookies) as room:
            limit, ours = in_turn([bare, room], max(ROUNDS, 40_000 // size))
        name = f"{size} viewers"
        rows += [
            Row(
                f"{name}: last reached",
                *(ours.last_ms, "ms", limit.last_ms, "ms uvloop"),
                *(LAST.get(size), "ratio"),
                pairs=middle(ours.lasts_ms, limit.lasts_ms),
            ),
            Row(
                f"{name}: p99",
                ours.p99_ms,
                *("ms", limit.p99_ms, "ms uvloop", 250.0),
                pairs=middle(ours.p99s_ms, limit.p99s_ms),
            ),
            Row(
                f"{name}: processor time a delivery",
                *(ours.cpu_us, "µs", limit.cpu_us, "µs uvloop"),
                *(1.5 if size >= 1000 else None, "ratio"),
                pairs=middle(ours.cpus_us, limit.cpus_us),
            ),
            Row(f"{name}: memory a viewer", ours.kb, "KB", limit.kb, "KB uvloop", 16.0),
            Row(f"{name}: threads of the process", ours.threads, "", None, "", 16.0),
        ]
    return rows


def storm_rows(cookies: Path, viewers: int = 1000) -> list[Row]:
    """Everybody comes back at once, knowing the newest state."""
    with Process(LIMIT) as server:
        server.until_it_answers()
        limit = _storm(server, viewers, path="/")
    with Process(OURS) as server:
        server.until_it_answers()
        state = _state_at(server.port, cookies)
        ours = _storm(
            server,
            viewers,
            path=PATH,
            cookies=str(cookies),
            headers=f"Last-Event-ID: {state}",
        )
    name = f"{viewers} viewers reconnect at once"
    return [
        Row(f"{name}: all in", ours.took, "s", limit.took, "s uvloop", 0.6),
        Row(f"{name}: processor time each", ours.cpu_us, "µs", limit.cpu_us, "µs uvloop"),
        Row(f"{name}: errors", ours.errors, "", bar=0.0),
    ]


@dataclass(frozen=True)
class Storm:
    """How long it took until everybody was in again, and what it cost."""

    took: float
    cpu_us: float
    errors: int


def _storm(server: Process, viewers: int, **how: str) -> Storm:
    took, cpus, errors = [], [], 0
    with Crowd() as crowd:
        for _ in range(5):
            cpu = server.cpu_s()
            opened = crowd.do("open", port=server.port, count=viewers, at_once=viewers, **how)
            cpus.append((server.cpu_s() - cpu) / viewers * 1e6)
            took.append(opened["took"])
            errors += opened["failed"] + viewers - opened["statuses"].get("200", 0)
            time.sleep(0.5)
            crowd.do("close")
            time.sleep(0.5)
    return Storm(statistics.median(took[1:]), statistics.median(cpus[1:]), errors)


def slow_rows(cookies: Path, slow: int = 50, fast: int = 300) -> list[Row]:
    """Some do not read at all: what they cost, and what the others notice of it."""
    with Process(OURS) as server, Crowd() as crowd, Crowd() as stuck:
        server.until_it_answers()
        common = {"port": server.port, "path": PATH, "cookies": str(cookies)}
        crowd.do("open", count=fast, **common)
        ring = Doorbell()
        alone = _p99(crowd, ring)
        before = server.memory_kb()
        stuck.do("open", count=slow, reads=False, buffer=4096, **common)
        time.sleep(0.5)
        for _ in range(80):
            crowd.do("arm")
            ring()
            crowd.do("wait")
            time.sleep(GAP_S)
        with_them = _p99(crowd, ring)
        application = (server.memory_kb() - before) / slow
        kernel = _kernel_kb(server.port) / slow
    return [
        Row(
            "a slow reader: application and kernel",
            application + kernel,
            "KB",
            bar=256.0,
        ),
        Row(
            f"{slow} slow readers: p99 of the others",
            *(with_them, "ms", alone, "ms without them", 1.5, "ratio"),
        ),
    ]


def end_rows(cookies: Path, viewers: int = 1000) -> list[Row]:
    """SIGTERM while everybody watches."""
    with Process(OURS) as server, Crowd() as crowd:
        server.until_it_answers()
        crowd.do("open", port=server.port, path=PATH, count=viewers, cookies=str(cookies))
        time.sleep(1)
        began = time.monotonic()
        server.process.terminate()
        server.process.wait(15)
        took = time.monotonic() - began
        time.sleep(0.3)
        lost = crowd.do("count_lost")
    return [
        Row(f"SIGTERM with {viewers} streams: ended", took, "s", bar=1.0),
        Row(
            f"SIGTERM with {viewers} streams: ended cleanly",
            *(lost["cleanly"], "", None, "", float(viewers), "at least"),
        ),
    ]


def _state_at(port: int, cookies: Path) -> str:
    """The id of the state a page gets that knows none."""
    cookie = cookies.read_text().split("\n", 1)[0]
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
        text = b""
        while b"\ndata:" not in text:
            text += line.recv(4096)
    return text.split(b"\nid: ")[1].split(b"\n")[0].decode()


def _p99(crowd: Crowd, ring: Callable[[], float], rounds: int = 20) -> float:
    late = []
    for _ in range(rounds):
        crowd.do("arm")
        rung = ring()
        late += [(moment - rung) * 1000 for moment in crowd.do("wait")["reached"]]
        time.sleep(GAP_S + 0.1)
    return percentile(late, 0.99)


def _kernel_kb(port: int) -> float:
    """Bytes that wait in the kernel on both ends of our connections, in KB."""
    total = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        ends = {int(parts[1].split(":")[1], 16), int(parts[2].split(":")[1], 16)}
        if port in ends and parts[3] == "01":
            total += sum(int(part, 16) for part in parts[4].split(":"))
    return total / 1024
