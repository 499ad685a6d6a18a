"""Pages and writes as a browser and a program meet them, over HTTP, and their parts alone."""

import gzip
import http.client
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.rows import Row
from bench.scenery import Scenery, many_incidents
from bench.stage import Process, percentile
from clock.queries import now
from live.rendering import render_regions
from people.models import User
from warroom.live import WAR_ROOM

SERVER = [sys.executable, "-m", "running.server", "--fd", "{fd}"]
CLIENTS = 8
SECONDS = 6.0


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


@contextmanager
def site() -> Iterator[int]:
    """Two web processes on one socket, as ``up --web-processes 2`` runs them; yields the port."""
    with Process(SERVER, core=None) as first:
        second = first.another()
        try:
            first.until_it_answers("/healthz", timeout=60)
            for _ in range(20):
                Caller(first.port, {}).ask("GET", "/healthz")
            yield first.port
        finally:
            second.kill()
            second.wait()


def rows(scenery: Scenery, *, incidents: int = 10_000, entries_each: int = 100) -> list[Row]:
    """All of them, in one organisation."""
    young = _queries(f"/incidents/{scenery.incident.ref}/", scenery)
    found = _part_rows(scenery)
    many_incidents(incidents, entries_each)
    with site() as port:
        found += _war_room_rows(port, scenery, young)
        found += _write_rows(port, scenery)
        found += _list_rows(port, scenery)
    return found


def _part_rows(scenery: Scenery) -> list[Row]:
    """Rendering alone."""
    state = WAR_ROOM.load(scenery.incident.pk)
    assert state is not None
    render_regions(WAR_ROOM, state)
    board = _alone("board")
    whole = [_timed(lambda: render_regions(WAR_ROOM, state)) for _ in range(60)]
    with board:
        one = [_timed(lambda: render_regions(WAR_ROOM, state)) for _ in range(60)]
    return [
        Row("the board's region rendered, 60 cards", statistics.median(one), "ms", bar=1.5),
        Row("all regions of the war room rendered", statistics.median(whole), "ms"),
    ]


@contextmanager
def _alone(region_id: str) -> Iterator[None]:
    """The war room with one region only."""
    every = WAR_ROOM.regions
    WAR_ROOM.regions = tuple(region for region in every if region.id == region_id)
    try:
        yield
    finally:
        WAR_ROOM.regions = every


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds of processor time, which neighbours on the machine do not stretch."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


def _queries(path: str, scenery: Scenery) -> int:
    """How many queries a page makes in all, session and user included."""
    client = Client()
    client.force_login(User.objects.get(email="maya@bench.test"))
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return len(queries)


def _war_room_rows(port: int, scenery: Scenery, young: int) -> list[Row]:
    path = f"/incidents/{scenery.incident.ref}/"
    caller = Caller(port, {"Cookie": scenery.cookie})
    program = Caller(port, {"Authorization": f"Bearer {scenery.token}"})
    page = b""
    anew: list[float] = []
    again: list[float] = []
    for number in range(90):
        # Something was recorded since, so that nothing drawn before can serve.
        note = {"text": f"Somebody saw number {number}."}
        status, text, _ = program.ask(
            "POST", f"/api/v1/incidents/{scenery.incident.ref}/notes", note
        )
        if status != 201:
            raise RuntimeError(f"a note answered {status}: {text[:300]!r}")
        for times in (anew, again):
            status, page, took = caller.ask("GET", path)
            if status != 200:
                raise RuntimeError(f"{path} answered {status}")
            if number >= 20:
                times.append(took)
    name = "war room, 60 cards, 20 changes, 5 000 entries"
    nothing = _empty_view(port)
    return [
        Row(
            f"{name}: p50 alone, drawn anew",
            *(statistics.median(anew), "ms", nothing, "an empty view", 25.0),
        ),
        Row(
            f"{name}: p50 alone, just drawn",
            *(statistics.median(again), "ms", nothing, "an empty view"),
        ),
        Row(
            f"{name}: {CLIENTS} clients, 2 processes",
            *(_rate(port, path, scenery), "/s", None, "", 80.0, "at least"),
        ),
        Row(f"{name}: queries", _queries(path, scenery), "", young, "with few incidents", 12.0),
        Row(f"{name}: compressed", len(gzip.compress(page, 6)) / 1024, "KB", bar=15.0),
    ]


def _empty_view(port: int) -> float:
    """Milliseconds of a view that does nothing: how fast this machine is just now.

    Probes are answered before Django is asked, so they are no measure of a view.
    """
    caller = Caller(port, {})
    return statistics.median(caller.ask("GET", "/favicon.ico")[2] for _ in range(200))


def _rate(port: int, path: str, scenery: Scenery) -> float:
    """Requests a second by several clients at once."""
    end = time.monotonic() + SECONDS
    counts = [0] * CLIENTS

    def run(place: int) -> None:
        caller = Caller(port, {"Cookie": scenery.cookie})
        while time.monotonic() < end:
            status, _, _ = caller.ask("GET", path)
            counts[place] += status == 200

    threads = [threading.Thread(target=run, args=(place,)) for place in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def _write_rows(port: int, scenery: Scenery) -> list[Row]:
    caller = Caller(port, {"Authorization": f"Bearer {scenery.token}"})
    card = scenery.cards[40]
    moves, version = [], None
    status, text, _ = caller.ask("GET", f"/api/v1/incidents/{scenery.incident.ref}")
    board = json.loads(text)["board"]
    version = next(
        one["version"] for column in board.values() for one in column if one["id"] == card
    )
    for number in range(120):
        body = {"to": "parked" if number % 2 else "next", "version": version}
        status, text, took = caller.ask("POST", f"/api/v1/cards/{card}/move", body)
        if status != 200:
            raise RuntimeError(f"moving a card answered {status}: {text[:300]!r}")
        version = json.loads(text)["version"]
        moves.append(took)
    updates = []
    for number in range(60):
        body = {
            "status_text": f"Refusals are down to {number} in a thousand.",
            "hypothesis": "The new rules of one gateway refuse cards without a postal code.",
            "current_action": "We send the postal code again.",
            "executive_summary": f"Payments from abroad recover, step {number}.",
            "next_update_at": (now() + timedelta(minutes=9)).isoformat(),
        }
        path = f"/api/v1/incidents/{scenery.incident.ref}/updates"
        status, text, took = caller.ask("POST", path, body)
        if status != 201:
            raise RuntimeError(f"publishing answered {status}: {text[:300]!r}")
        updates.append(took)
    starts, ends = _run_changes(caller, scenery)
    found = []
    nothing = _empty_view(port)
    for name, times in (
        ("move a card", moves[10:]),
        ("publish an update", updates[5:]),
        ("start a change", starts[5:]),
        ("finish a change", ends[5:]),
    ):
        found += [
            Row(f"{name}: p50", statistics.median(times), "ms", nothing, "an empty view", 15.0),
            Row(f"{name}: p99", percentile(times, 0.99), "ms", bar=40.0),
        ]
    return found


def _run_changes(caller: Caller, scenery: Scenery) -> tuple[list[float], list[float]]:
    """Milliseconds of starting and of finishing a change, again and again on one card."""
    card = scenery.cards[31]
    starts: list[float] = []
    ends: list[float] = []
    for number in range(60):
        body = {"expectation": f"Under {number} in a thousand.", "rollback": "The flag off, 10 s."}
        status, text, _ = caller.ask("POST", f"/api/v1/cards/{card}/change", body)
        if status != 201:
            raise RuntimeError(f"writing a change answered {status}: {text[:300]!r}")
        path = f"/api/v1/changes/{json.loads(text)['id']}"
        for times, verb, said in (
            (starts, "start", {"occurred_at": now().isoformat()}),
            (ends, "finish", {"outcome": "as_expected", "no_data": True}),
        ):
            status, text, took = caller.ask("POST", f"{path}/{verb}", said)
            if status != 200:
                raise RuntimeError(f"{verb} answered {status}: {text[:300]!r}")
            times.append(took)
    return starts, ends


def _list_rows(port: int, scenery: Scenery) -> list[Row]:
    """The pages that list things, in an organisation with a long past."""
    caller = Caller(port, {"Cookie": scenery.cookie})
    found = []
    for name, path in (
        ("home", "/"),
        ("incidents", "/incidents/"),
        ("stakeholder page", f"/stakeholders/{scenery.incident.ref}/"),
        ("library", "/postmortems/"),
        ("action list", "/actions/"),
    ):
        times, page = [], b""
        for number in range(45):
            status, page, took = caller.ask("GET", path)
            if status != 200:
                break
            if number >= 5:
                times.append(took)
        if not times:
            print(f"{path} answered {status} and is left out.")
            continue
        found.append(
            Row(
                f"{name}, 10 000 incidents and 1 M entries: p95",
                percentile(times, 0.95),
                "ms",
                bar=100.0,
            )
        )
        if name == "stakeholder page":
            found.append(Row(f"{name}: compressed", len(gzip.compress(page, 6)) / 1024, "KB"))
    return found
