"""Writes to one open stream without waiting for its reader. What is written, the hub decides.

Where the server lends the connection itself, the same bytes go into every one of them; where it
does not, or the reader is behind, the message takes the way of every ASGI answer.
"""

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, NamedTuple, Protocol

from live.admission import Pass

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Wire(Protocol):
    """The viewer's connection itself, where the server lends it (``running.protocol``)."""

    @property
    def is_ready(self) -> bool:
        """Whether it is open and its reader keeps up."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """Send these bytes as they are, or keep what the kernel does not take at once."""


class Message(NamedTuple):
    """What many viewers get, framed once for all of them."""

    body: bytes
    chunk: bytes
    """As it stands in a chunked answer."""

    @classmethod
    def of(cls, body: bytes) -> "Message":
        """Frame what is no empty text, which would end the answer."""
        return cls(body, b"%x\r\n%b\r\n" % (len(body), body))


class Stream:
    """Writes to one viewer, whose connection it is.

    ``at`` names the state the page is in, as far as we know. ``is_blocked`` while a write waits for
    a slow reader, ``is_behind`` when it has missed something and needs the whole newest state.
    """

    __slots__ = (
        "_send",
        "_task",
        "_unblocking",
        "_wire",
        "at",
        "is_behind",
        "is_blocked",
        "is_over",
        "pass_",
        "wants_beats",
        "watchers",
    )

    def __init__(
        self,
        send: Send,
        pass_: Pass,
        *,
        at: str = "",
        wants_beats: bool = False,
        wire: Wire | None = None,
    ) -> None:
        self._send = send
        self._wire = wire
        self._task = asyncio.current_task()
        self._unblocking: asyncio.Task[None] | None = None
        self.pass_ = pass_
        self.at = at
        self.wants_beats = wants_beats
        self.is_behind = True
        self.is_blocked = False
        self.is_over = False
        self.watchers: Any = None  # the ``Watchers`` it belongs to; only the hub asks

    def push(self, message: Message, state_id: str = "") -> None:
        """Write at once; if the reader is slow, leave the rest to a task and be ``is_blocked``.

        Must not be called while it is blocked. The answer has begun, and is chunked where there is
        a wire.
        """
        if self.is_over:
            return
        if state_id:
            self.at = state_id
        wire = self._wire
        if wire is None or not wire.is_ready:
            self._write({"type": "http.response.body", "body": message.body, "more_body": True})
            return
        try:
            wire.write(message.chunk)
        except Exception:  # noqa: BLE001 - the connection is gone; its request ends by itself
            self.is_over = True

    def end(self, body: bytes = b"") -> None:
        """Write a last time and finish the answer; a reader that is blocked is cut off instead."""
        if self.is_over:
            return
        self.is_over = True
        if self.is_blocked:
            self.cut_off()
        else:
            self._write({"type": "http.response.body", "body": body, "more_body": False})

    def cut_off(self) -> None:
        """Give up on what is being written and end the request behind it."""
        if self._unblocking is not None:
            self._unblocking.cancel()
        if self._task is not None:
            self._task.cancel()

    def farewell(self, retry_ms: int) -> bytes:
        """The last message before the process ends: when this page should come back."""
        name = f"id: {self.at}\n" if self.at and not self.is_behind else ""
        return f"{name}event: bye\nretry: {retry_ms}\ndata: stopping\n\n".encode()

    def _write(self, message: dict[str, Any]) -> None:
        """Run ``send`` up to its first wait, here and now: for a fast reader that is all of it."""
        sending = self._send(message)
        assert isinstance(sending, Coroutine)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001 - the connection is gone; its request ends by itself
            self.is_over = True
            return
        self.is_blocked = True
        self._unblocking = asyncio.create_task(self._rest(sending, waits_for))

    async def _rest(self, sending: Coroutine[Any, Any, None], waits_for: Any) -> None:
        try:
            await _go_on(sending, waits_for)
        except Exception:  # noqa: BLE001 - as in _write
            self.is_over = True
        finally:
            self.is_blocked = False
            self._unblocking = None
        if self.is_behind and self.watchers is not None:
            self.watchers.ring()


@types.coroutine
def _go_on(sending: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Finish a coroutine that was started outside a task and yielded ``waits_for``."""
    while True:
        try:
            sent = yield waits_for
        except BaseException as error:  # noqa: BLE001 - a cancellation belongs to the coroutine
            waits_for = sending.throw(error)
            continue
        try:
            waits_for = sending.send(sent)
        except StopIteration:
            return
