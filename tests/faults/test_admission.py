"""Threads, places and probes of one web process, held up one by one."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from config import probes
from config.probes import Lane, Probes
from running import admission, protocol
from running.admission import Admission, key_of
from running.guard import Message, Receive, Scope, Send
from running.listener import listen

OTHERS = "Others are changing that and have not finished."
MUCH = "Too much is being asked at once."


class Held:
    """An application whose answers wait until ``open`` is set; notes how many were in it."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.inside = self.most = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.open.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})
        finally:
            self.inside -= 1


async def ask(
    app: Callable[[Scope, Receive, Send], Awaitable[None]], method: str, path: str
) -> list[Message]:
    """What one request gets."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await app({"type": "http", "method": method, "path": path, "headers": []}, receive, send)
    return sent


def note(ref: str) -> tuple[str, str]:
    return "POST", f"/api/v1/incidents/{ref}/notes"


def test_writes_of_one_incident_wait_for_a_place_and_no_longer() -> None:
    async def run() -> tuple[int, list[Any], int]:
        held = Held()
        door = Admission(held, threads=8, place_s=0.3)
        writes = [asyncio.create_task(ask(door, *note("INC-1"))) for _ in range(12)]
        await asyncio.sleep(0)
        others = [
            asyncio.create_task(ask(door, *one))
            for one in (note("INC-2"), ("GET", "/incidents/INC-1/"), ("POST", "/actions/1/"))
        ]
        await asyncio.wait(writes, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(0.5)
        inside = held.inside
        held.open.set()
        answers = await asyncio.gather(*writes)
        beside = [one[0]["status"] for one in await asyncio.gather(*others)]
        refused = [one for one in answers if one[0]["status"] == 503]
        assert all(json.loads(one[1]["body"])["code"] == "busy" for one in refused)
        assert all(json.loads(one[1]["body"])["detail"].startswith(OTHERS) for one in refused)
        assert all((b"retry-after", b"3") in one[0]["headers"] for one in refused)
        assert door._places == {}, "nothing is kept of who was there"
        return inside, beside, len(refused)

    assert asyncio.run(run()) == (4 + 3, [200, 200, 200], 8)


def test_control_without_keys_one_incident_takes_every_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "key_of", lambda scope: "")

    async def run() -> int:
        held = Held()
        door = Admission(held, threads=8, thread_s=0.3)
        writes = [asyncio.create_task(ask(door, *note("INC-1"))) for _ in range(12)]
        await asyncio.sleep(0.1)
        other = await ask(door, *note("INC-2"))
        held.open.set()
        await asyncio.gather(*writes)
        return int(other[0]["status"])

    assert asyncio.run(run()) == 503


@pytest.mark.parametrize(
    ("method", "path", "headers", "key"),
    [
        ("GET", "/incidents/INC-1/", [], ""),
        ("POST", "/incidents/inc-1/notes/", [], "INC-1"),
        ("PATCH", "/api/v1/incidents/INC-1/", [], "INC-1"),
        ("POST", "/stakeholders/INC-1/questions/", [], "INC-1"),
        ("POST", "/postmortems/INC-1/whys/", [], "INC-1"),
        ("POST", "/api/v1/cards/7/move", [], "/api/v1/cards/7/move"),
        ("POST", "/api/v1/cards/7/move", [(b"idempotency-key", b"k1")], "k1"),
    ],
)
def test_whose_write_it_is(
    method: str, path: str, headers: list[tuple[bytes, bytes]], key: str
) -> None:
    assert key_of({"method": method, "path": path, "headers": headers}) == key


def test_whoever_waits_too_long_for_a_thread_is_told_to_come_back() -> None:
    async def run() -> list[Message]:
        held = Held()
        door = Admission(held, threads=2, thread_s=0.2)
        pages = [asyncio.create_task(ask(door, "GET", "/")) for _ in range(2)]
        await asyncio.sleep(0)
        answer = await ask(door, *note("INC-1"))
        held.open.set()
        assert [one[0]["status"] for one in await asyncio.gather(*pages)] == [200, 200]
        assert (await ask(door, *note("INC-1")))[0]["status"] == 200, "its place is free again"
        return answer

    status, body = asyncio.run(run())
    assert status["status"] == 503
    assert json.loads(body["body"])["detail"].startswith(MUCH)


def test_a_page_that_never_answers_is_answered_for_and_keeps_its_thread() -> None:
    async def run() -> tuple[int, int, int]:
        held = Held()
        door = Admission(held, threads=1, thread_s=0.2, answer_s=0.2)
        first = await ask(door, "GET", "/")
        second = await ask(door, "GET", "/")
        held.open.set()
        await asyncio.sleep(0.1)
        third = await ask(door, "GET", "/")
        assert len(first) == 2, "what came later was dropped"
        return first[0]["status"], second[0]["status"], third[0]["status"]

    assert asyncio.run(run()) == (503, 503, 200)


def test_a_reader_holds_a_thread_for_so_long_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "WHOLE_ANSWER_S", 0.3)

    async def parts(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    async def run() -> int:
        sent: list[Message] = []

        async def slow(message: Message) -> None:
            await asyncio.sleep(0.1)
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await Admission(parts, threads=1)(scope, receive, slow)
        return len(sent)

    assert asyncio.run(run()) < 5


def test_healthz_says_when_every_thread_is_stuck() -> None:
    async def run(stuck_s: float) -> tuple[int, bytes]:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await Probes(lambda: stuck_s)(scope, send)

        status, body = await ask(app, "GET", "/healthz")
        return status["status"], body["body"]

    assert asyncio.run(run(Probes.STUCK_S)) == (200, b"ok\n")
    assert asyncio.run(run(Probes.STUCK_S + 5)) == (503, b"stuck for 35 s\n")


def test_how_long_every_thread_is_taken_is_counted_from_the_last_one_taken() -> None:
    async def run() -> tuple[float, float]:
        held = Held()
        door = Admission(held, threads=2)
        first = asyncio.create_task(ask(door, "GET", "/"))
        await asyncio.sleep(0.3)
        before = door.stuck_s
        second = asyncio.create_task(ask(door, "GET", "/"))
        await asyncio.sleep(0.05)
        after = door.stuck_s
        held.open.set()
        await asyncio.gather(first, second)
        assert door.stuck_s == 0.0
        return before, after

    before, after = asyncio.run(run())
    assert before == 0.0
    assert after > 0


@pytest.mark.parametrize(
    ("answer_s", "hangs"), [(0.3, False), (1000.0, True)], ids=["told", "control: no limit"]
)
def test_a_probe_answers_while_its_question_hangs(
    answer_s: float, hangs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "ANSWER_S", answer_s)
    open_, asked = threading.Event(), []

    def question() -> str:
        asked.append(1)
        open_.wait(30)
        return "all is well"

    async def run() -> tuple[list[str], str]:
        lane = Lane("test", question, lambda why: why)
        async with asyncio.timeout(5):
            hung = list(await asyncio.gather(*(lane.answer() for _ in range(5))))
        assert len(asked) == 1, "one that hangs is not asked again"
        open_.set()
        while (later := await lane.answer()) != "all is well":
            await asyncio.sleep(0.05)
        return hung, later

    if hangs:
        with pytest.raises(TimeoutError):
            asyncio.run(run())
        open_.set()
        return
    hung, later = asyncio.run(run())
    assert {one[:13] for one in hung} == {"no answer for"}
    assert later == "all is well"


@pytest.mark.parametrize(
    ("limit_s", "is_cut"), [(1.0, True), (1000.0, False)], ids=["cut off", "control: no limit"]
)
def test_a_reader_who_takes_nothing_is_cut_off(
    limit_s: float, is_cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "READER_WITHIN_S", limit_s)
    gone = threading.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        gone.set()

    listener = listen("127.0.0.1", 0)
    configuration = uvicorn.Config(
        endless, http=protocol.Protocol, lifespan="off", log_level="critical", log_config=None
    )
    server = uvicorn.Server(configuration)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(10)
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        line.connect(listener.getsockname())
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert gone.wait(6) is is_cut
    server.should_exit = server.force_exit = True
    thread.join(20)
