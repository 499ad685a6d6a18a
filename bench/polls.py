"""Two hundred queries of open incidents asked in one round, and a page asked meanwhile."""

import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.pages import SERVER, Caller
from bench.rows import Row
from bench.scenery import sign_in
from bench.source import THINKS_S
from bench.stage import ROOT, Process
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
    with _source() as address, _asker(address) as ask, Process(SERVER, core=None) as server:
        server.until_it_answers("/healthz", timeout=60)
        caller = Caller(server.port, {"Cookie": sign_in([lead])[0]})
        for _ in range(PAUSE_PAGES):
            _page(caller)
        first, _ = _round(ask, caller)
        took, meanwhile, alone = [], [], []
        for _ in range(ROUNDS):
            quiet = [_page(caller) for _ in range(PAUSE_PAGES)]
            before = Sample.objects.count()
            ms, pages = _round(ask, caller)
            if Sample.objects.count() - before != QUERIES:
                raise RuntimeError("not every signal has its sample")
            took.append(ms)
            meanwhile.append(statistics.median(pages))
            alone.append(statistics.median(quiet))
    name = f"{QUERIES} queries of {INCIDENTS} open incidents, each {THINKS_S * 1000:g} ms there"
    return [
        Row(f"{name}: a round", statistics.median(took), "ms", bar=2000.0),
        Row(f"{name}: the slowest of {ROUNDS} rounds", max(took), "ms", bar=2000.0),
        Row(f"{name}: the first, with the hour before", first, "ms"),
        Row(
            "home asked meanwhile: p50",
            *(statistics.median(meanwhile), "ms", statistics.median(alone), "between rounds"),
            *(1.2, "ratio"),
        ),
    ]


def _page(caller: Caller) -> float:
    status, _, took = caller.ask("GET", "/")
    if status != 200:
        raise RuntimeError(f"/ answered {status}")
    return took


def _round(ask: Callable[[], tuple[float, int]], caller: Caller) -> tuple[float, list[float]]:
    """Milliseconds of a round in which every signal is due, and of the pages asked meanwhile."""
    Poll.objects.update(due_at=now())
    found: list[tuple[float, int]] = []
    asking = threading.Thread(target=lambda: found.append(ask()))
    asking.start()
    pages = []
    while asking.is_alive():
        pages.append(_page(caller))
    asking.join()
    ((took, asked),) = found
    if asked != QUERIES:
        raise RuntimeError(f"{asked} of {QUERIES} signals were asked for")
    return took, pages


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
def _asker(address: str) -> Iterator[Callable[[], tuple[float, int]]]:
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

        def ask() -> tuple[float, int]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            took, asked = process.stdout.readline().split()
            return float(took), int(asked)

        try:
            yield ask
        finally:
            process.kill()
