"""Two hundred queries of open incidents asked in one round, and a page asked meanwhile."""

import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.rows import Row
from bench.scenery import sign_in
from bench.source import THINKS_S
from bench.stage import ROOT
from bench.turns import Caller, site
from clock.queries import now
from incidents.endstate.models import Sample
from incidents.endstate.signals import add_signal
from incidents.lifecycle.declaring import declare_incident
from integrations.prometheus.models import Poll
from people.models import Role, User

INCIDENTS, SIGNALS_EACH = 20, 10
QUERIES = INCIDENTS * SIGNALS_EACH
ROUNDS = 12
PAUSE_PAGES = 40

Asked = Callable[[], tuple[float, float, int]]


def rows() -> list[Row]:
    """A first round with each signal's last hour, then rounds in turn with none."""
    lead = User.objects.create_user("polls@bench.test", name="Paul Poll", role=Role.ADMIN)
    for number in range(INCIDENTS):
        incident = declare_incident(by=lead, title=f"Part {number} is slow", severity="sev2")
        for place in range(SIGNALS_EACH):
            add_signal(
                incident,
                by=lead,
                name=f"Latency {place}",
                comparator="<=",
                target=1.0,
                query=f"max(latency{{part='{number}', place='{place}'}})",
            )
    with _source() as address, _asker(address) as ask, site() as ours:
        caller = Caller(ours.port, {"Cookie": sign_in([lead])[0]})
        _quiet(caller)
        first, _, _ = _round(ask, caller)
        took, worked, meanwhile, alone, pairs = [], [], [], [], []
        before = _quiet(caller)
        for _ in range(ROUNDS):
            kept = Sample.objects.count()
            ms, work, pages = _round(ask, caller)
            if Sample.objects.count() - kept != QUERIES:
                raise RuntimeError("not every signal has its sample")
            after = _quiet(caller)
            took.append(ms)
            worked.append(work)
            meanwhile += pages
            alone += after
            pairs.append(statistics.median(pages) / statistics.median(before + after))
            before = after
    name = f"{QUERIES} queries of {INCIDENTS} open incidents, each {THINKS_S * 1000:g} ms there"
    return [
        Row(f"{name}: a round", statistics.median(took), "ms", bar=2000.0),
        Row(f"{name}: the slowest of {ROUNDS} rounds", max(took), "ms", bar=2000.0),
        Row(f"{name}: processor time of who asks", statistics.median(worked), "ms"),
        Row(f"{name}: the first, with the hour before", first, "ms"),
        Row(
            "home asked meanwhile: p50",
            *(statistics.median(meanwhile), "ms", statistics.median(alone), "between rounds"),
            *(1.2, "ratio", statistics.median(pairs)),
        ),
    ]


def _quiet(caller: Caller) -> list[float]:
    """Milliseconds of pages while nothing is asked."""
    return [_page(caller) for _ in range(PAUSE_PAGES)]


def _page(caller: Caller) -> float:
    status, _, took = caller.ask("GET", "/")
    if status != 200:
        raise RuntimeError(f"/ answered {status}")
    return took


def _round(ask: Asked, caller: Caller) -> tuple[float, float, list[float]]:
    """Milliseconds of a round in which every signal is due, its processor's, and those of pages."""
    Poll.objects.update(due_at=now())
    found: list[tuple[float, float, int]] = []
    asking = threading.Thread(target=lambda: found.append(ask()))
    asking.start()
    pages = []
    while asking.is_alive():
        pages.append(_page(caller))
    asking.join()
    ((took, worked, asked),) = found
    if asked != QUERIES:
        raise RuntimeError(f"{asked} of {QUERIES} signals were asked for")
    return took, worked, pages


@contextmanager
def _source() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.source"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def _asker(address: str) -> Iterator[Asked]:
    """A process of its own, as the loop is one."""
    command = [sys.executable, "-m", "bench.serve", "bench.asker", "0"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PROMETHEUS_URL": address},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def ask() -> tuple[float, float, int]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            took, worked, asked = process.stdout.readline().split()
            return float(took), float(worked), int(asked)

        try:
            yield ask
        finally:
            process.kill()
