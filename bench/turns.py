"""What a request takes, beside what a view that does nothing takes right after it.

Times on a shared machine move by a factor of three within minutes; asked in turn, both move alike.
"""

import http.client
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.rows import Row
from bench.stage import Process, cpu_s, percentile

SERVER = [sys.executable, "-m", "running.server", "--fd", "{fd}"]
#: A view of Django's that asks nothing; probes are answered before Django is asked.
EMPTY = "/favicon.ico"


class Caller:
    """One browser or program on one connection that stays open."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = headers

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes, float]:
        """Status, body and milliseconds of one request."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {**self.headers, **({"Content-Type": "application/json"} if data else {})}
        began = time.perf_counter()
        self.line.request(method, path, data, headers)
        answer = self.line.getresponse()
        text = answer.read()
        return answer.status, text, (time.perf_counter() - began) * 1000


@dataclass
class Turns:
    """Many requests of one kind, with an empty view after each."""

    site: "Site"
    took: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def ask(
        self, caller: Caller, method: str, path: str, body: Any = None, *, expect: int = 200
    ) -> bytes:
        """The answer's body. Raises ``RuntimeError`` for any other status than ``expect``."""
        before = self.site.cpu_ms()
        status, text, took = caller.ask(method, path, body)
        self.cpu.append(self.site.cpu_ms() - before)
        if status != expect:
            raise RuntimeError(f"{method} {path} answered {status}: {text[:300]!r}")
        self.took.append(took)
        self.empty.append(self.site.idle.ask("GET", EMPTY)[2])
        return text

    def rows(
        self, name: str, *, warm: int, bar: float | None = None, spread: float | None = None
    ) -> list[Row]:
        """The middle in empty views, its processor time, and how far the slowest are from it.

        The first ``warm`` are left out. ``bar`` is in empty views, ``spread`` is the bar of the
        99th of a hundred in middles.
        """
        took, empty, cpu = self.took[warm:], self.empty[warm:], self.cpu[warm:]
        pairs = statistics.median(one / other for one, other in zip(took, empty, strict=True))
        middle = statistics.median(took)
        against = statistics.median(empty)
        slowest = percentile(took, 0.99)
        return [
            Row(f"{name}: p50", middle, "ms", against, "an empty view", bar, "ratio", pairs=pairs),
            Row(f"{name}: processor time", statistics.median(cpu), "ms"),
            Row(f"{name}: p99", slowest, "ms", middle, "p50", spread, "ratio"),
        ]


class Site:
    """The web processes under measure."""

    def __init__(self, port: int, processes: list[int]) -> None:
        self.port = port
        self.processes = processes
        self.idle = Caller(port, {})

    def cpu_ms(self) -> float:
        """Processor time all their threads used so far (``/proc``'s ``schedstat``)."""
        return sum(map(cpu_s, self.processes)) * 1000


@contextmanager
def site() -> Iterator[Site]:
    """Two web processes on one socket, as ``up --web-processes 2`` runs them."""
    with Process(SERVER, core=None) as first:
        second = first.another()
        try:
            first.until_it_answers("/healthz", timeout=60)
            for _ in range(20):
                Caller(first.port, {}).ask("GET", EMPTY)
            yield Site(first.port, [first.process.pid, second.pid])
        finally:
            second.kill()
            second.wait()


def jitter(seconds: float = 2.0) -> float:
    """The share of a busy loop's time that others took: how quiet the machine is, 0 to 1."""
    gaps, began = 0.0, time.perf_counter()
    last = began
    while (moment := time.perf_counter()) - began < seconds:
        # Half a millisecond without us is no work of the loop's own.
        if moment - last > 0.0005:
            gaps += moment - last
        last = moment
    return gaps / seconds


def is_quiet(taken: float) -> bool:
    """Whether times measured on such a machine say something about us."""
    return taken <= 0.05 and os.getloadavg()[0] < (os.cpu_count() or 1)
