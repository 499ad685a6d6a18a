"""Pages and writes as a browser and a program meet them, over HTTP, and their parts alone."""

import gzip
import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.rows import Row
from bench.scenery import Scenery, many_incidents
from bench.stage import percentile
from bench.turns import Caller, Site, Turns, site
from clock.queries import now
from live.rendering import render_regions
from people.models import User
from warroom.live import WAR_ROOM

CLIENTS = 8
SECONDS = 6.0


def rows(scenery: Scenery, *, incidents: int = 10_000, entries_each: int = 100) -> list[Row]:
    """All of them, in one organisation."""
    young = _queries(f"/incidents/{scenery.incident.ref}/", scenery)
    found = _part_rows(scenery)
    many_incidents(incidents, entries_each)
    with site() as web:
        found += _war_room_rows(web, scenery, young)
        found += _write_rows(web, scenery)
        found += _list_rows(web, scenery)
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


def _war_room_rows(web: Site, scenery: Scenery, young: int) -> list[Row]:
    path = f"/incidents/{scenery.incident.ref}/"
    caller = Caller(web.port, {"Cookie": scenery.cookie})
    program = Caller(web.port, {"Authorization": f"Bearer {scenery.token}"})
    page = b""
    anew, again = Turns(web), Turns(web)
    for number in range(90):
        # Something was recorded since, so that nothing drawn before can serve.
        note = {"text": f"Somebody saw number {number}."}
        notes = f"/api/v1/incidents/{scenery.incident.ref}/notes"
        status, text, _ = program.ask("POST", notes, note)
        if status != 201:
            raise RuntimeError(f"a note answered {status}: {text[:300]!r}")
        for turns in (anew, again):
            page = turns.ask(caller, "GET", path)
    name = "war room, 60 cards, 20 changes, 5 000 entries"
    return [
        *anew.rows(f"{name}, drawn anew", warm=20, bar=15.0),
        *again.rows(f"{name}, just drawn", warm=20, bar=5.0),
        Row(
            f"{name}: {CLIENTS} clients, 2 processes",
            *(_rate(web.port, path, scenery), "/s", None, "", 80.0, "at least"),
        ),
        Row(f"{name}: queries", _queries(path, scenery), "", young, "with few incidents", 12.0),
        Row(f"{name}: compressed", len(gzip.compress(page, 6)) / 1024, "KB", bar=15.0),
    ]


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


def _write_rows(web: Site, scenery: Scenery) -> list[Row]:
    caller = Caller(web.port, {"Authorization": f"Bearer {scenery.token}"})
    card = scenery.cards[40]
    _, text, _ = caller.ask("GET", f"/api/v1/incidents/{scenery.incident.ref}")
    board = json.loads(text)["board"]
    version = next(
        one["version"] for column in board.values() for one in column if one["id"] == card
    )
    moves, updates = Turns(web), Turns(web)
    for number in range(120):
        body = {"to": "parked" if number % 2 else "next", "version": version}
        text = moves.ask(caller, "POST", f"/api/v1/cards/{card}/move", body)
        version = json.loads(text)["version"]
    for number in range(60):
        body = {
            "status_text": f"Refusals are down to {number} in a thousand.",
            "hypothesis": "The new rules of one gateway refuse cards without a postal code.",
            "current_action": "We send the postal code again.",
            "executive_summary": f"Payments from abroad recover, step {number}.",
            "next_update_at": (now() + timedelta(minutes=9)).isoformat(),
        }
        path = f"/api/v1/incidents/{scenery.incident.ref}/updates"
        updates.ask(caller, "POST", path, body, expect=201)
    starts, ends = _run_changes(web, caller, scenery)
    return [
        *moves.rows("move a card", warm=10, bar=6.0, spread=3.0),
        *updates.rows("publish an update", warm=5, bar=9.0, spread=3.0),
        *starts.rows("start a change", warm=5, bar=8.0, spread=3.0),
        *ends.rows("finish a change", warm=5, bar=8.0, spread=3.0),
    ]


def _run_changes(web: Site, caller: Caller, scenery: Scenery) -> tuple[Turns, Turns]:
    """Starting and finishing a change, again and again on one card."""
    card = scenery.cards[31]
    starts, ends = Turns(web), Turns(web)
    for number in range(60):
        body = {"expectation": f"Under {number} in a thousand.", "rollback": "The flag off, 10 s."}
        status, text, _ = caller.ask("POST", f"/api/v1/cards/{card}/change", body)
        if status != 201:
            raise RuntimeError(f"writing a change answered {status}: {text[:300]!r}")
        path = f"/api/v1/changes/{json.loads(text)['id']}"
        starts.ask(caller, "POST", f"{path}/start", {"occurred_at": now().isoformat()})
        ends.ask(caller, "POST", f"{path}/finish", {"outcome": "as_expected", "no_data": True})
    return starts, ends


def _list_rows(web: Site, scenery: Scenery) -> list[Row]:
    """The pages that list things, in an organisation with a long past."""
    caller = Caller(web.port, {"Cookie": scenery.cookie})
    found = []
    for name, path in (
        ("home", "/"),
        ("incidents", "/incidents/"),
        ("stakeholder page", f"/stakeholders/{scenery.incident.ref}/"),
        ("library", "/postmortems/"),
        ("action list", "/actions/"),
    ):
        turns, page = Turns(web), b""
        for _ in range(80):
            page = turns.ask(caller, "GET", path)
        name = f"{name}, 10 000 incidents and 1 M entries"
        middle, processor, _ = turns.rows(name, warm=30)
        slow = percentile(turns.took[30:], 0.95)
        found += [middle, processor, Row(f"{name}: p95", slow, "ms", bar=100.0)]
        if path.startswith("/stakeholders/"):
            found.append(Row(f"{name}: compressed", len(gzip.compress(page, 6)) / 1024, "KB"))
    return found
