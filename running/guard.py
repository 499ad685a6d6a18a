"""What stands between the network and Django: the whole body or nothing, and no forged headers.

Django runs as WSGI behind it. Without the guard a broken-off upload would count as a whole form,
a chunked body as an empty one, and ``X_Forwarded_For`` as the real header.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 1_048_576
UPLOAD_WITHIN_S = 60.0
#: As in ``api.problems``, which cannot be imported before Django is set up.
ERRORS_PAGE = "/api/v1/docs/errors"
_FRAMING = (b"content-length", b"transfer-encoding")


class Guard:
    """Reads a request's body in the loop and hands the application the complete one.

    Answers 413 above ``limit`` bytes, 400 for what no server may pass on, 408 for an upload that
    takes longer than a minute; drops a request whose sender went away.
    """

    def __init__(self, app: Application, *, limit: int = LARGEST_BODY) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one HTTP request, complete and with honest headers."""
        scope = {**scope, "headers": honest_headers(scope)}
        if not _is_readable(scope):
            return await answer(scope, send, 400, "malformed", "The address cannot be read.")
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit():
            return await answer(scope, send, 400, "malformed", "The length cannot be read.")
        if int(declared) > self.limit:
            return await self._too_large(scope, send)
        try:
            async with asyncio.timeout(UPLOAD_WITHIN_S):
                body = await self._whole_body(receive)
        except TimeoutError:
            return await answer(scope, send, 408, "timeout", "The upload took over a minute.")
        if body is None:
            return None
        if len(body) > self.limit:
            return await self._too_large(scope, send)
        headers = [pair for pair in scope["headers"] if pair[0] not in _FRAMING]
        if body or scope["method"] in ("POST", "PUT", "PATCH"):
            headers.append((b"content-length", str(len(body)).encode()))
        return await self.app({**scope, "headers": headers}, _replay(body, receive), send)

    async def _whole_body(self, receive: Receive) -> bytes | None:
        """The body, one byte past the limit at most a chunk more; ``None`` if the sender left."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if not message.get("more_body", False) or len(body) > self.limit:
                return bytes(body)

    async def _too_large(self, scope: Scope, send: Send) -> None:
        sentence = f"A request holds at most {self.limit // 1024} KB. Send less at once."
        await answer(scope, send, 413, "too_large", sentence)


def honest_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers without names holding ``_``, which WSGI cannot tell from those with ``-``."""
    return [(name.lower(), value) for name, value in scope["headers"] if b"_" not in name]


async def answer(scope: Scope, send: Send, status: int, code: str, sentence: str) -> None:
    """A short answer that needs no Django, in the shape the caller reads; then hang up."""
    title = code.replace("_", " ").capitalize()
    if scope["path"].startswith("/api/"):
        kind = b"application/problem+json"
        document = {"type": f"{ERRORS_PAGE}#{code}", "title": title, "status": status}
        body = json.dumps({**document, "detail": sentence, "code": code}).encode()
    else:
        kind = b"text/html; charset=utf-8"
        body = (
            f'<!doctype html><html lang="en"><title>{title}</title>'
            f"<h1>{title}</h1><p>{sentence}</p></html>"
        ).encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


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
