"""Answers the probes: is the process up, and does everything it needs work.

``/healthz`` and ``/readyz`` are answered in the loop, on no thread of the pages, within a second,
whatever is stuck: each question has a thread of its own, and one that finds no answer in time is
an answer too. ``config.views`` gives the same answers where Django runs without our server.
"""

import asyncio
import json
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection

from config.roles import UNPROTECTED, is_owner
from deadlines.queries import ages_of_passes
from running.guard import Scope, Send
from waits.trouble import FULL, trouble_of

#: The loop passes at least every 2 s and beat every 5 s; older means that both are gone.
OLDEST_PASS_S = 15
#: How long a probe waits for each of its questions; all are asked at once.
ANSWER_S = 0.8
#: Below this the data folder's disk counts as full.
ROOM_BYTES = 64 * 2**20

Check = dict[str, Any]


def ready() -> dict[str, Any]:
    """Every check by name, asked one after the other on this thread."""
    return together(ask_database(), ask_broker())


def together(database: dict[str, Check], broker: Check, **more: Check) -> dict[str, Any]:
    """The whole answer of ``/readyz``; ``ready`` only when everything is."""
    checks = {"database": database["database"], "broker": broker}
    checks |= {"enforcement": database["enforcement"], **more}
    return {"ready": all(check["ok"] for check in checks.values()), **checks}


def ask_database() -> dict[str, Check]:
    """Whether PostgreSQL answers and has room, and whether enforcement ran in time."""
    try:
        try:
            owns, ages = is_owner(), ages_of_passes()
        except Error:
            # The thread's connection may be from before a restart.
            connection.close()
            owns, ages = is_owner(), ages_of_passes()
    except Error as error:
        connection.close()
        return without_database(trouble_of(error).reason)
    database = _room()
    if owns:
        database["warning"] = UNPROTECTED
    return {"database": database, "enforcement": _enforcement(ages)}


def without_database(reason: str) -> dict[str, Check]:
    """What is known when PostgreSQL says nothing."""
    unknown = {"ok": False, "reason": "not known without the database"}
    return {"database": {"ok": False, "reason": reason}, "enforcement": unknown}


def ask_broker() -> Check:
    """Whether Valkey answers."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=None
    )
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        return {"ok": False, "reason": type(error).__name__}
    finally:
        client.close()
    return {"ok": True}


def _enforcement(ages: dict[str, float]) -> Check:
    if not ages:
        return {"ok": False, "reason": "No enforcement pass ran yet."}
    ringers = {ringer: round(age_s, 1) for ringer, age_s in sorted(ages.items())}
    age_s = min(ringers.values())
    return {"ok": age_s <= OLDEST_PASS_S, "age_s": age_s, "ringers": ringers}


_full_at = float("-inf")


def note_trouble(error: BaseException) -> None:
    """Remember that a write found the disk full; the probe tells it for a minute.

    The probe itself only reads, and reading goes on while the disk is full.
    """
    global _full_at
    if trouble_of(error) is FULL:
        _full_at = time.monotonic()


def _room() -> Check:
    """Full is what a write of this process ran into, or what the data folder's disk says."""
    if time.monotonic() - _full_at < 60:
        return {"ok": False, "reason": FULL.reason}
    try:
        free = shutil.disk_usage(settings.DATA).free
    except OSError:
        return {"ok": True}
    if free < ROOM_BYTES:
        return {"ok": False, "reason": f"{FULL.reason}: {free // 2**20} MB are left"}
    return {"ok": True}


class Lane:
    """One question on a thread of its own, asked by many, never twice at once."""

    def __init__(self, name: str, ask: Callable[[], Any], instead: Callable[[str], Any]) -> None:
        self._name = name
        self._ask = ask
        self._instead = instead
        self._calls: SimpleQueue[asyncio.Future[Any]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._asked: asyncio.Future[Any] | None = None
        self._since = 0.0

    async def answer(self) -> Any:
        """The answer, or after ``ANSWER_S`` what stands for none. One that is late is not asked
        for again until it came."""
        asked = self._asked or self._begin()
        await asyncio.wait({asked}, timeout=ANSWER_S)
        if asked.done():
            if self._asked is asked:
                self._asked = None
            return asked.result()
        return self._instead(f"no answer for {time.monotonic() - self._since:.1f} s")

    def _begin(self) -> asyncio.Future[Any]:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._serve, name=f"probe-{self._name}", daemon=True
            )
            self._thread.start()
        self._since = time.monotonic()
        self._asked = asyncio.get_running_loop().create_future()
        self._calls.put(self._asked)
        return self._asked

    def _serve(self) -> None:
        while True:
            asked = self._calls.get()
            try:
                answer = self._ask()
            except Exception as error:  # noqa: BLE001 - a probe that breaks says so
                answer = self._instead(type(error).__name__)
            with suppress(RuntimeError):  # the loop ended meanwhile
                asked.get_loop().call_soon_threadsafe(_settle, asked, answer)


def _settle(asked: asyncio.Future[Any], answer: Any) -> None:
    if not asked.done():
        asked.set_result(answer)


class Probes:
    """``/healthz`` and ``/readyz`` of one web process.

    ``stuck_s`` says for how long no thread of the pages has become free although all are taken.
    """

    ADDRESSES = ("/healthz", "/readyz")
    #: No page takes so long; a process whose threads are all taken for longer is replaced.
    STUCK_S = 30
    #: Longer than any wait for the database, so something else holds them.
    TAKEN_S = 5

    def __init__(self, stuck_s: Callable[[], float]) -> None:
        self._stuck_s = stuck_s
        self._database = Lane("database", ask_database, without_database)
        self._broker = Lane("broker", ask_broker, lambda why: {"ok": False, "reason": why})

    def are_asked(self, scope: Scope) -> bool:
        """Whether the request is a probe's."""
        return scope["path"] in self.ADDRESSES and scope["method"] in ("GET", "HEAD")

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer within a second."""
        stuck_s = self._stuck_s()
        if scope["path"] == "/healthz":
            words = f"stuck for {stuck_s:.0f} s\n" if stuck_s > self.STUCK_S else "ok\n"
            status = 503 if stuck_s > self.STUCK_S else 200
            await _send(scope, send, status, b"text/plain", words.encode())
            return
        database, broker = await asyncio.gather(self._database.answer(), self._broker.answer())
        more: dict[str, Check] = {}
        if stuck_s > self.TAKEN_S:
            more["pages"] = {"ok": False, "reason": f"every thread is taken for {stuck_s:.1f} s"}
        found = together(database, broker, **more)
        status = 200 if found["ready"] else 503
        body = json.dumps(found, indent=1).encode()
        await _send(scope, send, status, b"application/json", body)


async def _send(scope: Scope, send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
