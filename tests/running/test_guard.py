"""The guard before Django: whole bodies only, none too large, and no forged headers."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from running.guard import Guard, Message, Receive, Scope, Send

Sent = list[Message]


class Recorder:
    """An application that notes what reaches it and answers 204."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.scopes.append(scope)
        self.bodies.append(message["body"])
        assert message["more_body"] is False
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def ask(
    recorder: Recorder,
    messages: Iterable[Message],
    *,
    headers: Sequence[tuple[bytes, bytes]] = (),
    **scope: Any,
) -> Sent:
    """Send one request through a guard of 100 bytes and answer what it sent back."""
    waiting = iter(messages)
    sent: Sent = []

    async def receive() -> Message:
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    defaults = {"type": "http", "method": "POST", "path": "/x/", "query_string": b""}
    asyncio.run(
        Guard(recorder, limit=100)({**defaults, "headers": headers, **scope}, receive, send)
    )
    return sent


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_chunked_body_arrives_whole_and_with_its_length(recorder: Recorder) -> None:
    ask(
        recorder,
        [part(b"one ", more=True), part(b"two", more=True), part(b"")],
        headers=[(b"transfer-encoding", b"chunked"), (b"content-type", b"text/plain")],
    )
    assert recorder.bodies == [b"one two"]
    assert recorder.scopes[0]["headers"] == [
        (b"content-type", b"text/plain"),
        (b"content-length", b"7"),
    ]


def test_a_broken_off_upload_reaches_nobody(recorder: Recorder) -> None:
    sent = ask(
        recorder,
        [part(b"half of it", more=True), {"type": "http.disconnect"}],
        headers=[(b"content-length", b"20")],
    )
    assert (sent, recorder.bodies) == ([], [])


@pytest.mark.parametrize(
    ("headers", "messages"),
    [
        ([(b"content-length", b"101")], [part(b"x" * 101)]),
        ([(b"transfer-encoding", b"chunked")], [part(b"x" * 60, more=True), part(b"x" * 60)]),
    ],
)
def test_too_large_is_413_declared_or_not(
    recorder: Recorder, headers: list[tuple[bytes, bytes]], messages: list[Message]
) -> None:
    sent = ask(recorder, messages, headers=headers, path="/api/v1/incidents")
    assert sent[0]["status"] == 413
    assert json.loads(sent[1]["body"]) == {
        "type": "/api/v1/docs/errors#too_large",
        "title": "Too large",
        "status": 413,
        "detail": "A request holds at most 0 KB here. Send less at once.",
        "code": "too_large",
    }
    assert recorder.bodies == []


def test_an_endless_upload_is_read_to_the_limit_and_no_further(recorder: Recorder) -> None:
    asked: list[int] = []

    def endless() -> Iterator[Message]:
        while True:
            asked.append(1)
            yield part(b"x" * 30, more=True)

    sent = ask(recorder, endless(), headers=[(b"transfer-encoding", b"chunked")])
    assert (sent[0]["status"], recorder.bodies) == (413, [])
    assert len(asked) == 4, "a hundred bytes are exceeded by the fourth part"


def test_a_body_at_the_limit_passes(recorder: Recorder) -> None:
    ask(recorder, [part(b"x" * 100)], headers=[(b"content-length", b"100")])
    assert recorder.bodies == [b"x" * 100]


def test_headers_with_an_underscore_are_dropped(recorder: Recorder) -> None:
    ask(
        recorder,
        [part(b"")],
        method="GET",
        headers=[(b"X_Forwarded_For", b"1.2.3.4"), (b"X-Forwarded-For", b"9.9.9.9")],
    )
    assert recorder.scopes[0]["headers"] == [(b"x-forwarded-for", b"9.9.9.9")]


@pytest.mark.parametrize(
    "scope",
    [{"path": "/a\0b/"}, {"query_string": b"q=\xff"}, {"headers": [(b"content-length", b"-1")]}],
)
def test_what_nobody_can_read_is_400(recorder: Recorder, scope: dict[str, Any]) -> None:
    sent = ask(recorder, [part(b"")], **scope)
    assert (sent[0]["status"], recorder.bodies) == (400, [])
