"""Guards Django at the network: whole bodies or nothing, no forged headers.

Django runs as WSGI behind it. Without the guard a broken-off upload would count as a whole form,
a chunked body as an empty one, and ``X_Forwarded_For`` as the real header.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

KB, MB = 2**10, 2**20
LARGEST_BODY = MB
#: Where another limit holds, by the beginning of the address.
LARGEST_BY_ADDRESS = (
    (re.compile(r"/(?:api/v1/)?incidents/[^/]+/attachments(?:/|$)"), 11 * MB),
    (re.compile(r"/api/v1/hooks/"), 512 * KB),
)
UPLOAD_WITHIN_S = 60.0
#: What all bodies together may hold of this process's memory.
BODIES_AT_ONCE = 64 * MB
RETRY_AFTER_S = 3
#: As in ``api.problems``, which cannot be imported before Django is set up.
ERRORS_PAGE = "/api/v1/docs/errors"
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><title>{title} · Endstate</title></head>'
    '<body><h1>{title}</h1><p>{sentence}</p><p><a href="/">To the start page</a></p></body></html>'
)
PART = (
    '<hx-partial hx-target="#toast" hx-swap="innerHTML"><div class="toast" role="alert">'
    "<strong>{title}</strong><p>{sentence}</p></div></hx-partial>"
)
_FRAMING = (b"content-length", b"transfer-encoding")


class Guard:
    """Reads a request's body in the loop and hands the application the complete one.

    Answers 413 above ``limit`` bytes or what ``LARGEST_BY_ADDRESS`` says, 400 for what no server
    may pass on, 408 for an upload that takes longer than a minute, 503 while bodies under way hold
    ``at_once`` bytes; drops a request whose sender went away.
    """

    def __init__(
        self,
        app: Application,
        *,
        limit: int = LARGEST_BODY,
        at_once: int = BODIES_AT_ONCE,
        within_s: float = UPLOAD_WITHIN_S,
    ) -> None:
        self.app = app
        self.limit = limit
        self.at_once = at_once
        self.within_s = within_s
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one HTTP request, complete and with honest headers."""
        scope = {**scope, "headers": honest_headers(scope)}
        if not _is_readable(scope):
            return await answer(scope, send, 400, "malformed", "The address cannot be read.")
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit():
            return await answer(scope, send, 400, "malformed", "The length cannot be read.")
        limit = self._limit_for(scope["path"])
        if int(declared) > limit:
            return await _too_large(scope, send, limit)
        body = _Body(self, limit)
        try:
            async with asyncio.timeout(self.within_s):
                is_whole = await body.read(receive)
        except TimeoutError:
            body.let_go()
            return await answer(scope, send, 408, "timeout", "The upload took over a minute.")
        except BaseException:
            body.let_go()
            raise
        try:
            if body.is_crowded:
                sentence = "Too many uploads are under way. Send it again in a moment."
                return await answer(scope, send, 503, "busy", sentence)
            if len(body.content) > limit:
                return await _too_large(scope, send, limit)
            if not is_whole:
                return None
            content = bytes(body.content)
            headers = [pair for pair in scope["headers"] if pair[0] not in _FRAMING]
            if content or scope["method"] in ("POST", "PUT", "PATCH"):
                headers.append((b"content-length", str(len(content)).encode()))
            return await self.app({**scope, "headers": headers}, _replay(content, receive), send)
        finally:
            body.let_go()

    def _limit_for(self, path: str) -> int:
        for pattern, limit in LARGEST_BY_ADDRESS:
            if pattern.match(path):
                return limit
        return self.limit


class _Body:
    """A body being read, counted among all that the guard holds."""

    def __init__(self, guard: Guard, limit: int) -> None:
        self._guard = guard
        self._limit = limit
        self.content = bytearray()
        self.is_crowded = False

    async def read(self, receive: Receive) -> bool:
        """Read to the end, or until it is too much; false if the sender left."""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            part = message.get("body", b"")
            self.is_crowded = self._guard.held + len(part) > self._guard.at_once
            if self.is_crowded:
                return False
            self._guard.held += len(part)
            self.content += part
            if not message.get("more_body", False) or len(self.content) > self._limit:
                return True

    def let_go(self) -> None:
        """Count it no more."""
        self._guard.held -= len(self.content)
        self.content = bytearray()


async def _too_large(scope: Scope, send: Send, limit: int) -> None:
    sentence = f"A request holds at most {limit // KB} KB here. Send less at once."
    await answer(scope, send, 413, "too_large", sentence)


def honest_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers without names holding ``_``, which WSGI cannot tell from those with ``-``."""
    return [(name.lower(), value) for name, value in scope["headers"] if b"_" not in name]


async def answer(scope: Scope, send: Send, status: int, code: str, sentence: str) -> None:
    """A short answer that needs no Django, in the shape the caller reads; then hang up."""
    is_part = (b"hx-request", b"true") in scope["headers"]
    headers, body = document(scope["path"], status, code, sentence, is_part=is_part)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def document(
    path: str, status: int, code: str, sentence: str, *, is_part: bool = False
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of such an answer: a problem document for the API, else a page.

    A part of a page gets it into the toast, as ``refusal/_toast.html`` does.
    """
    title = code.replace("_", " ").capitalize()
    if path.startswith("/api/"):
        kind = b"application/problem+json"
        problem = {"type": f"{ERRORS_PAGE}#{code}", "title": title, "status": status}
        body = json.dumps({**problem, "detail": sentence, "code": code}).encode()
    else:
        kind = b"text/html; charset=utf-8"
        page = PART if is_part else PAGE
        body = page.format(title=title, sentence=sentence).encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"connection", b"close"),
    ]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    return headers, body


def _is_readable(scope: Scope) -> bool:
    return "\0" not in scope["path"] and scope["query_string"].isascii()


def _replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the body once and then whatever comes, which is a disconnect."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
