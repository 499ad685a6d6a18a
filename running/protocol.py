"""Limits what one connection may send before it has said what it wants.

uvicorn limits neither the size of headers nor the time they take, nor how long a reader may leave
its answer lying. Bodies are limited by ``running.guard``.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from running.guard import document

LARGEST_HEAD = 64 * 2**10
HEAD_WITHIN_S = 10.0
#: Connections of a process that have not said yet what they want; beyond, the oldest goes.
HALF_OPEN = 512
#: … after so long: of a crowd that comes back at once many are taken in before the first is read.
CROWD_SETTLES_S = 0.5
#: An answer nobody takes anything of for so long is broken off.
READER_WITHIN_S = 60.0


#: Under which name an application finds the ``Wire`` among a request's extensions.
WIRE = "endstate.wire"


class Wire:
    """A connection lent to an application that has begun a chunked answer on it.

    ``write`` sends bytes as they are; only while ``is_ready``, which says that the connection is
    open and its reader keeps up.
    """

    __slots__ = ("is_ready", "write")

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.is_ready = True
        self.write = write


class Protocol(HttpToolsProtocol):
    """uvicorn's, with limits: 431 above 64 KB of headers, 408 when they take over 10 s.

    Every request's extensions hold the connection's ``Wire``, for streams that write one message
    to thousands.
    """

    _half_open: dict["Protocol", None] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody came: what they want has to be known soon."""
        super().connection_made(transport)
        self._wire = Wire(transport.write)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._head_came()
        self.resume_writing()
        self._wire.is_ready = False
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to the head, and refuse what has no end."""
        if self._is_refused:
            return
        if self._head_timer is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_refused or self.transport.is_closing():
            return
        if self._head_timer is not None:
            if self._head_bytes > LARGEST_HEAD:
                self._refuse(431, "headers_too_large", "Address and headers hold at most 64 KB.")
        elif self._is_idle and self.timeout_keep_alive_task is None:
            # Blank lines between two requests must not keep the connection for ever.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        """The next request begins; its head has its own time."""
        super().on_message_begin()
        self.scope["extensions"] = {WIRE: self._wire}  # type: ignore[dict-item]
        self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is whole: hand the request on, unless it is too large."""
        self._head_came()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > LARGEST_HEAD:
            self._refuse(431, "headers_too_large", "Address and headers hold at most 64 KB.")
            raise httptools.HttpParserError("headers too large")
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Say so, unless something else was said already."""
        self._head_came()
        if not self._is_refused:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        """The reader is behind; it has a minute to take something."""
        super().pause_writing()
        self._wire.is_ready = False
        if self._reader_timer is None:
            self._reader_timer = self.loop.call_later(READER_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The reader took something."""
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None
        self._wire.is_ready = True
        super().resume_writing()

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or (self.cycle.response_complete and not self.pipeline)

    def _expect_head(self) -> None:
        if self._head_timer is not None:
            return
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(HEAD_WITHIN_S, self._head_is_late)
        self._half_open[self] = None
        if len(self._half_open) > HALF_OPEN:
            self.loop.call_later(CROWD_SETTLES_S, self._make_room)

    def _make_room(self) -> None:
        if len(self._half_open) > HALF_OPEN:
            oldest = next(iter(self._half_open))
            oldest._head_came()
            oldest.transport.abort()

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self._half_open.pop(self, None)

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._head_bytes and self._is_idle:
            self._refuse(408, "timeout", "The headers took over 10 s.")
        else:
            self._head_came()
            self.transport.close()

    def _refuse(self, status: int, code: str, sentence: str) -> None:
        """Answer without the application and hang up."""
        self._is_refused = True
        self._head_came()
        path = getattr(self, "url", b"").decode("latin-1")
        headers, body = document(path, status, code, sentence)
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        if self._is_idle:
            self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.close()
