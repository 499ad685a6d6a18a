"""What somebody may send before anybody knows what they want: headers, half requests, bodies."""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from running.guard import (
    BODIES_AT_ONCE,
    KB,
    MB,
    UPLOAD_WITHIN_S,
    Guard,
    Message,
    Receive,
    Scope,
    Send,
)
from running.protocol import HALF_OPEN, HEAD_WITHIN_S, LARGEST_HEAD
from tests.faults.site import Site, Sites

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def said(line: socket.socket, within: float = 60) -> bytes:
    """Everything the other side says until it hangs up."""
    line.settimeout(within)
    found = b""
    try:
        while part := line.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def connect(site: Site, words: bytes = b"") -> socket.socket:
    """A connection on which ``words`` were said."""
    line = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    line.sendall(words)
    return line


def head(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


LINE = "X-Filling: " + "x" * 1000


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (head("/healthz", "Connection: close", *[LINE] * 40), b"HTTP/1.1 200"),
        (head("/healthz", *[LINE] * 70), b"HTTP/1.1 431"),
        (head("/healthz?" + "q" * LARGEST_HEAD), b"HTTP/1.1 431"),
        (b"GET /healthz HTTP/1.1\r\nX-Endless: " + b"x" * (2 * LARGEST_HEAD), b"HTTP/1.1 431"),
        (head("/api/v1/incidents", *[LINE] * 70), b'"code": "headers_too_large"'),
    ],
    ids=["40 KB are fine", "70 KB", "a long address", "a header without an end", "as a problem"],
)
def test_headers_hold_at_most_64_kb(site: Site, words: bytes, answer: bytes) -> None:
    try:
        with connect(site, words) as line:
            assert answer in said(line)
    except BrokenPipeError:  # it hung up while we were still talking, which is its right
        assert len(words) > LARGEST_HEAD
    assert site.ask("/healthz").status == 200


def test_half_a_request_is_closed_after_ten_seconds_and_so_is_silence(site: Site) -> None:
    began = time.monotonic()
    with ExitStack() as stack:
        halves = [
            stack.enter_context(connect(site, b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "))
            for _ in range(20)
        ]
        mute = stack.enter_context(connect(site))
        for line in halves[:5]:  # a byte now and then does not help
            line.sendall(b"y")
        answers = [said(line)[:12] for line in halves]
        nothing = said(mute)
        took = time.monotonic() - began
    assert (set(answers), nothing) == ({b"HTTP/1.1 408"}, b"")
    assert HEAD_WITHIN_S * 0.9 < took < HEAD_WITHIN_S * 4
    assert site.ask("/healthz").status == 200


def test_control_without_the_limit_half_a_request_stays(sites: Sites) -> None:
    site = sites("heads")
    with connect(site, b"GET / HTTP/1.1\r\nX-A: ") as line, pytest.raises(TimeoutError):
        said(line, within=HEAD_WITHIN_S * 1.5)
    with connect(site, head("/healthz", "Connection: close", *[LINE] * 70)) as line:
        assert said(line).startswith(b"HTTP/1.1 200")


def test_beyond_so_many_half_requests_the_oldest_goes_and_others_are_served(site: Site) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(connect(site, b"GET / HT"))
        for _ in range(HALF_OPEN):
            stack.enter_context(connect(site, b"GET / HT"))
        assert said(first) == b""
        assert site.ask("/healthz").status == 200


def test_a_body_that_never_ends_is_408_and_held_no_longer() -> None:
    sent: list[Message] = []

    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("half a body reached the application")

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    guard = Guard(nobody, within_s=0.3)
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    asyncio.run(guard(scope, receive, send))
    assert (sent[0]["status"], guard.held, Guard(nobody).within_s) == (408, 0, UPLOAD_WITHIN_S)


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/incidents/INC-1/notes/", MB),
        ("/api/v1/incidents", MB),
        ("/api/v1/incidents/INC-1/attachments", 11 * MB),
        ("/incidents/INC-1/attachments/", 11 * MB),
        ("/api/v1/hooks/alertmanager/key", 512 * KB),
    ],
)
def test_a_body_has_the_limit_of_its_address(site: Site, path: str, limit: int) -> None:
    def declared(size: int) -> bytes:
        words = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
        with connect(site, words.encode()) as line:
            line.shutdown(socket.SHUT_WR)
            return said(line)[:12]

    assert (declared(limit + 1), declared(limit)) == (b"HTTP/1.1 413", b"")


def test_all_bodies_under_way_hold_at_most_64_mb(site: Site) -> None:
    path, size = "/incidents/INC-1/attachments/", 11 * MB
    words = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode()
    with ExitStack() as stack:
        lines = []
        for _ in range(BODIES_AT_ONCE // (size - KB)):
            lines.append(stack.enter_context(connect(site, words)))
            lines[-1].sendall(b"x" * (size - KB))
        refused = stack.enter_context(connect(site, words))
        until_refused(refused, size)
        answer = said(refused)
        beside = site.ask("/healthz")
    assert (answer[:12], b"retry-after: 3" in answer, beside.status) == (
        b"HTTP/1.1 503",
        True,
        200,
    )
    again = site.ask(path, "POST", files={"file": b"x" * (size - KB)})
    assert again.status == 403, "what was held is free again, and Django asks for its token"


def until_refused(line: socket.socket, size: int) -> None:
    """Send until the other side has had enough."""
    send: Callable[[bytes], object] = line.sendall
    try:
        for _ in range(size // (64 * KB)):
            send(b"x" * 64 * KB)
            time.sleep(0.005)
    except (BrokenPipeError, ConnectionResetError):
        pass
