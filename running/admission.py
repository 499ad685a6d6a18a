"""Gives requests one of the threads that answer pages, and says for how long.

Writes of one incident take at most half of them, so an incident that somebody holds in the
database leaves the others a way. Whoever waits for a thread takes none; whoever waits too long is
told to come back.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from running.guard import Application, Message, Receive, Scope, Send, answer

#: How long a write waits until others of its incident are done.
PLACE_S = 3.0
#: How long any request waits for a thread.
THREAD_S = 10.0
#: How long a page may take before it answers at all; nothing of ours comes near.
ANSWER_S = 30.0
#: How long an answer in many parts may hold its thread.
WHOLE_ANSWER_S = 300.0

_REFERENCE = re.compile(r"(?:/api/v1)?/(?:incidents|stakeholders|postmortems)/([^/]+)/")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Admission:
    """Lets at most ``threads`` requests into ``app`` at once, half of them for one incident's
    writes."""

    def __init__(
        self,
        app: Application,
        *,
        threads: int,
        place_s: float = PLACE_S,
        thread_s: float = THREAD_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self.app = app
        self.threads = threads
        self.place_s, self.thread_s, self.answer_s = place_s, thread_s, answer_s
        self._free = asyncio.Semaphore(threads)
        self._places: dict[str, _Place] = {}
        self._silent: dict[asyncio.Task[None], float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or 503 with when to come back."""
        key = key_of(scope)
        if key and not await _within(self.place_s, self._enter(key)):
            return await _busy(scope, send, "Others are changing that and have not finished.")
        if not await _within(self.thread_s, self._free.acquire()):
            self._leave(key)
            return await _busy(scope, send, "Too much is being asked at once.")
        exchange = _Exchange(send)
        task = asyncio.create_task(self._hold(key, scope, receive, exchange))
        self._silent[task] = time.monotonic()
        exchange.when_started = lambda: self._silent.pop(task, None)
        task.add_done_callback(lambda one: self._silent.pop(one, None))
        try:
            done, _ = await asyncio.wait({task}, timeout=self.answer_s)
            if not done and exchange.take_over():
                return await _busy(scope, send, "The page took too long.")
            return await asyncio.shield(task)
        finally:
            exchange.is_over = True

    @property
    def stuck_s(self) -> float:
        """For how long every thread has been taken by the same requests without an answer."""
        if len(self._silent) < self.threads:
            return 0.0
        return time.monotonic() - max(self._silent.values())

    async def _hold(self, key: str, scope: Scope, receive: Receive, out: "_Exchange") -> None:
        """Run the application; its thread counts as taken until it is really free."""
        try:
            await self.app(scope, receive, out.send)
        finally:
            self._free.release()
            self._leave(key)

    async def _enter(self, key: str) -> None:
        """Wait for one of the places of ``key``."""
        place = self._places.setdefault(key, _Place(max(1, self.threads // 2)))
        place.visitors += 1
        try:
            await place.free.acquire()
        except BaseException:
            self._forget(key, place)
            raise

    def _leave(self, key: str) -> None:
        if key:
            place = self._places[key]
            place.free.release()
            self._forget(key, place)

    def _forget(self, key: str, place: "_Place") -> None:
        place.visitors -= 1
        if not place.visitors:
            del self._places[key]


class _Place:
    """The places of one key, and how many hold one or wait for one."""

    def __init__(self, count: int) -> None:
        self.free = asyncio.Semaphore(count)
        self.visitors = 0


async def _within(seconds: float, coming: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await coming
    except TimeoutError:
        return False
    return True


class _Exchange:
    """One answer on its way: who sends it, and that its thread does not wait for ever."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._until = time.monotonic() + WHOLE_ANSWER_S
        self.is_started = self.is_over = False
        self.when_started: Callable[[], object] = lambda: None

    def take_over(self) -> bool:
        """Have the rest of the answer dropped; false when it began already."""
        if not self.is_started:
            self.is_over = True
        return self.is_over

    async def send(self, message: Message) -> None:
        """Pass one part on; drops everything after the reader's time is up."""
        if self.is_over:
            return
        self.is_started = True
        self.when_started()
        if not await _within(max(0.0, self._until - time.monotonic()), self._send(message)):
            self.is_over = True


def key_of(scope: Scope) -> str:
    """Whose write it is: an incident's reference, else its idempotency key or its address.

    Empty for what only reads.
    """
    if scope["method"] in _READING:
        return ""
    if found := _REFERENCE.match(scope["path"]):
        return found[1].upper()
    named = dict(scope["headers"]).get(b"idempotency-key", b"")
    return named.decode("latin-1") or str(scope["path"])


async def _busy(scope: Scope, send: Send, sentence: str) -> None:
    again = "Nothing was changed, what you typed is kept; send it again in a moment."
    await answer(scope, send, 503, "busy", f"{sentence} {again}")
