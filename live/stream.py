"""The event stream as a raw ASGI application beside Django (docs/live-updates.md).

Here: one request becomes a stream or a refusal. The hub does everything after that.
"""

import asyncio
import contextlib
import json
from typing import Any
from urllib.parse import parse_qs

from live.admission import RETRY_AFTER_S, Admission, Knock
from live.hub import Hub, process_hub
from live.identity import credential_of
from live.topics import door_for
from live.viewers import Send, Stream
from refusals.errors import NotVisible

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
]
#: What is written to a wire is framed by us.
CHUNKED = (b"transfer-encoding", b"chunked")
#: Under which name of a request's extensions the server lends its connection.
WIRE = "endstate.wire"
TITLES = {
    401: "Not signed in",
    403: "That is not yours to do",
    404: "Nothing here",
    405: "Only GET",
    503: "Not available",
}


async def application(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """Answer one request under ``…/events/`` by the process's hub."""
    await serve(process_hub, scope, receive, send)


async def serve(hub: Hub, scope: dict[str, Any], receive: Any, send: Send) -> None:
    """Let the viewer in and keep the request open until either side ends it.

    ``Last-Event-ID``, or ``?at=`` on the first connect, names the state the page is in. ``?beat``
    asks for the heartbeat as an event with the time, where others get a comment.
    """
    if scope["method"] != "GET":
        await _refuse(send, Admission(405, "method_not_allowed", "The stream is read with GET."))
        return
    place = door_for(scope["path"])
    if place is None:
        await _refuse(send, Admission.refused(NotVisible()))
        return
    audience, door, word = place
    headers = scope["headers"]
    answer = await hub.knock(Knock(audience, door, word, credential_of(headers)))
    if answer.pass_ is None:
        await _refuse(send, answer)
        return
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    last = next(
        (value.decode("latin-1") for name, value in headers if name == b"last-event-id"),
        "",
    )
    wire = (scope.get("extensions") or {}).get(WIRE)
    stream = Stream(
        send,
        answer.pass_,
        at=last or query.get("at", [""])[0],
        wants_beats="beat" in query,
        wire=wire,
    )
    headers = HEADERS if wire is None else [*HEADERS, CHUNKED]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b": open\n\n", "more_body": True})
    if not hub.is_open:
        stream.end()
        return
    hub.enter(stream, audience, answer.id)
    with contextlib.suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
    hub.leave(stream)
    stream.is_over = True


async def _refuse(send: Send, answer: Admission) -> None:
    problem = {
        "type": "about:blank",
        "title": TITLES[answer.status],
        "status": answer.status,
        "detail": answer.sentence,
        "code": answer.code,
    }
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    if answer.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if answer.status == 405:
        headers.append((b"allow", b"GET"))
    if answer.status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
