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
#: Of each kind, and how many of each before them do not count.
WRITES, WARM = 200, 10


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
    for number in range(170):
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


class _Writes:
    """One person who moves a card, publishes, starts and finishes a change, over the API."""

    def __init__(self, web: Site, scenery: Scenery) -> None:
        self.caller = Caller(web.port, {"Authorization": f"Bearer {scenery.token}"})
        self.room = f"/api/v1/incidents/{scenery.incident.ref}"
        self.moved, self.changed = scenery.cards[40], scenery.cards[31]
        self.moves, self.updates, self.starts, self.ends = (Turns(web) for _ in range(4))
        _, text, _ = self.caller.ask("GET", self.room)
        board = json.loads(text)["board"]
        self.version = next(
            one["version"] for column in board.values() for one in column if one["id"] == self.moved
        )

    def move(self, number: int) -> None:
        """Away and back again."""
        body = {"to": "parked" if number % 2 else "next", "version": self.version}
        text = self.moves.ask(self.caller, "POST", f"/api/v1/cards/{self.moved}/move", body)
        self.version = json.loads(text)["version"]

    def publish(self, number: int) -> None:
        """An update with all that one says."""
        body = {
            "status_text": f"Refusals are down to {number} in a thousand.",
            "hypothesis": "The new rules of one gateway refuse cards without a postal code.",
            "current_action": "We send the postal code again.",
            "executive_summary": f"Payments from abroad recover, step {number}.",
            "next_update_at": (now() + timedelta(minutes=9)).isoformat(),
        }
        self.updates.ask(self.caller, "POST", f"{self.room}/updates", body, expect=201)

    def change(self, number: int) -> None:
        """Written unmeasured, then started and finished."""
        body = {"expectation": f"Under {number} in a thousand.", "rollback": "The flag off, 10 s."}
        status, text, _ = self.caller.ask("POST", f"/api/v1/cards/{self.changed}/change", body)
        if status != 201:
            raise RuntimeError(f"writing a change answered {status}: {text[:300]!r}")
        path = f"/api/v1/changes/{json.loads(text)['id']}"
        at = {"occurred_at": now().isoformat()}
        self.starts.ask(self.caller, "POST", f"{path}/start", at)
        outcome = {"outcome": "as_expected", "no_data": True}
        self.ends.ask(self.caller, "POST", f"{path}/finish", outcome)


def _write_rows(web: Site, scenery: Scenery) -> list[Row]:
    """One of each, again and again, so that a slow minute of the machine meets all alike."""
    writes = _Writes(web, scenery)
    for number in range(WRITES + WARM):
        writes.move(number)
        writes.publish(number)
        writes.change(number)
    return [
        *writes.moves.rows("move a card", warm=WARM, bar=6.0, spread=3.0),
        *writes.updates.rows("publish an update", warm=WARM, bar=9.0, spread=3.0),
        *writes.starts.rows("start a change", warm=WARM, bar=8.0, spread=3.0),
        *writes.ends.rows("finish a change", warm=WARM, bar=8.0, spread=3.0),
    ]


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
        for _ in range(130):
            page = turns.ask(caller, "GET", path)
        name = f"{name}, 10 000 incidents and 1 M entries"
        middle, processor, _ = turns.rows(name, warm=30)
        slow = percentile(turns.took[30:], 0.95)
        found += [middle, processor, Row(f"{name}: p95", slow, "ms", bar=100.0)]
        if path.startswith("/stakeholders/"):
            found.append(Row(f"{name}: compressed", len(gzip.compress(page, 6)) / 1024, "KB"))
    return found
