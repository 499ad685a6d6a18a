"""The hub of a web process loads what changed once, renders it once, and gives it to everybody.

Decided here: when a topic is looked at again, who of its viewers gets which message, and when a
stream ends. Who may knock stands in ``live.admission``, writing to one viewer in ``live.viewers``,
hearing the bell in ``live.listening``, what the database is asked in ``live.asking``. Everything
runs in the event loop but the asking, which has two threads of the hub's own, so no viewer costs
a thread or a connection.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections

from live.admission import Admission, Knock, admit
from live.asking import look_at, versions, with_connection
from live.listening import listen
from live.state_cache import state_cache
from live.topics import Audience, State
from live.viewers import Message, Stream
from live.watchers import Watchers

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

#: A topic is redrawn at most this often: at once when it was quiet, then in this rhythm.
GAP_S = 0.1
#: The same for a topic of which only measurements changed.
CALM_GAP_S = 1.0
#: Versions are compared this often, which is all there is while the broker is away.
LOOK_EVERY_S = 2.0
#: A watched topic is redrawn this often even if nobody says it changed.
REDRAW_EVERY_S = 5.0
#: … unless cached it takes long: a topic may cost this share of a core when nothing happens.
IDLE_SHARE = 0.01
AUTHORISE_EVERY_S = 4.0
HEARTBEAT_EVERY_S = 8.0
#: So many viewers are written to before the loop gets its turn.
BATCH = 250
BEAT = Message.of(b": beat\n\n")


class Hub:
    """All open streams of one process. Made once; ``start`` and ``close`` frame its life."""

    def __init__(
        self,
        *,
        heartbeat_every: float = HEARTBEAT_EVERY_S,
        look_every: float = LOOK_EVERY_S,
        redraw_every: float = REDRAW_EVERY_S,
        authorise_every: float = AUTHORISE_EVERY_S,
    ) -> None:
        self.heartbeat_every = heartbeat_every
        self.look_every = look_every
        self.redraw_every = redraw_every
        self.authorise_every = authorise_every
        self.watched: dict[tuple[str, str, int], Watchers] = {}
        self.is_open = False
        self.is_listening = False
        self.database_answers = True
        self._is_of_another = False
        self._knocks: list[tuple[Knock, asyncio.Future[Admission]]] = []
        self._knocked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._clock: tuple[datetime, float] | None = None
        self._doorkeeper: ThreadPoolExecutor | None = None
        self._painter: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Begin to listen and to look, in the running loop.

        Needs neither the database nor the broker to be there.
        """
        self._doorkeeper = ThreadPoolExecutor(1, "hub-door")
        self._painter = ThreadPoolExecutor(1, "hub-painter")
        self._knocked = asyncio.Event()
        self.is_open = True
        self._tasks = [
            asyncio.create_task(one)
            for one in (
                self._forever("admission", 0.0, self._admit),
                self._forever("look", self.look_every, self._look),
                self._forever("authorise", self.authorise_every, self._authorise_all),
                self._forever("heartbeat", self.heartbeat_every, self._beat),
                listen(self._hear, self._connected),
            )
        ]

    async def close(self) -> None:
        """End every stream with a last message that spreads the coming back, then everything else.

        Twice is once. Streams that do not read are cut off.
        """
        if not self.is_open:
            return
        self.is_open = False
        for task in self._tasks + [
            watchers.task for watchers in self.watched.values() if watchers.task
        ]:
            task.cancel()
        for _, answer in self._knocks:
            if not answer.done():
                answer.set_result(Admission.closing())
        streams = [stream for watchers in self.watched.values() for stream in watchers.streams]
        window_ms = max(2000, 2 * len(streams))
        for count, stream in enumerate(streams, 1):
            stream.end(stream.farewell(random.randint(500, 500 + window_ms)))
            if count % BATCH == 0:
                await asyncio.sleep(0)
        self.watched.clear()
        for executor in (self._doorkeeper, self._painter):
            if executor is not None:
                executor.submit(connections.close_all)
                executor.shutdown(wait=False)

    def forget(self) -> None:
        """The database holds other data than before: end every stream at the next look.

        From any thread. Who may watch comes back by itself.
        """
        self._is_of_another = True

    @property
    def viewers(self) -> int:
        """How many streams are open."""
        return sum(len(watchers.streams) for watchers in self.watched.values())

    async def knock(self, knock: Knock) -> Admission:
        """Ask whether a stream may open; those that ask together are answered by one query."""
        if not self.is_open:
            return Admission.closing()
        answer: asyncio.Future[Admission] = asyncio.get_running_loop().create_future()
        self._knocks.append((knock, answer))
        self._knocked.set()
        return await answer

    def enter(self, stream: Stream, audience: Audience, id: int) -> None:
        """Take in a stream that was admitted. One that names the state shown gets nothing yet."""
        key = (audience.prefix, audience.name, id)
        watchers = self.watched.get(key)
        if watchers is None:
            watchers = self.watched[key] = Watchers(audience, id)
            watchers.task = asyncio.create_task(self._keep(watchers))
        watchers.add(stream)
        stream.watchers = watchers
        stream.is_behind = watchers.shown is None or stream.at != watchers.shown.state_id
        if stream.is_behind:
            watchers.ring()

    def leave(self, stream: Stream) -> None:
        """Forget a stream that is gone. Twice is once."""
        watchers: Watchers | None = stream.watchers
        stream.watchers = None
        if watchers is None:
            return
        watchers.remove(stream)
        if not watchers.streams:
            key = (watchers.audience.prefix, watchers.audience.name, watchers.id)
            if self.watched.get(key) is watchers:
                del self.watched[key]
            if watchers.task is not None:
                watchers.task.cancel()

    async def _keep(self, watchers: Watchers) -> None:
        """Redraw one topic whenever it was rung for or its time has come, never too often."""
        loop = asyncio.get_running_loop()
        while self.is_open:
            if watchers.shown is not None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, watchers.look_at - loop.time())):
                        await watchers.rung.wait()
            gap = CALM_GAP_S if watchers.calm and watchers.rung.is_set() else GAP_S
            until = watchers.drawn_at + gap
            while (left := until - loop.time()) > 0:
                await asyncio.sleep(min(left, GAP_S))
                if not watchers.calm:
                    until = watchers.drawn_at + GAP_S
            watchers.rung.clear()
            watchers.calm = True
            try:
                await self._redraw(watchers)
            except Exception as error:  # noqa: BLE001 - the topic must be looked at again
                self._complain(f"redraw of {watchers.audience.topic(watchers.id)}", error)
                watchers.drawn_at = loop.time()
                await asyncio.sleep(1.0)

    async def _redraw(self, watchers: Watchers) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        roll = watchers.roll()
        # Begins after the bell, so it knows whatever was committed before it rang.
        seen = await self._in_thread(self._painter, look_at, roll, self._doorkeeper)
        watchers.drawn_at = loop.time()
        if seen is None:
            await self._send_away(list(watchers.streams))
            return
        state, shown, gone = seen
        watchers.look_at = watchers.drawn_at + self._next_look(
            state, cost=watchers.drawn_at - began
        )
        await self._send_away(gone)
        before, watchers.shown = watchers.shown, shown
        changed = shown.differing_from(before) if before is not None else []
        message = Message.of(shown.message(changed)) if changed else None
        for count, stream in enumerate(list(watchers.streams), 1):
            if stream.is_behind:
                # Whoever came while this was being read may know a newer state: next time.
                if stream in roll.streams and not stream.is_blocked:
                    stream.is_behind = False
                    if stream.at != shown.state_id:
                        stream.push(shown.full_message, shown.state_id)
            elif message and stream.is_blocked:
                stream.is_behind = True
            elif message:
                stream.push(message, shown.state_id)
            if count % BATCH == 0:
                await asyncio.sleep(0)

    def _next_look(self, state: State, *, cost: float) -> float:
        """Seconds until the state may look different without anybody saying so."""
        pause = max(self.redraw_every, cost / IDLE_SHARE)
        if state.next_change_at is not None:
            pause = min(pause, (state.next_change_at - state.at).total_seconds())
        return max(pause, GAP_S)

    async def _send_away(self, streams: list[Stream]) -> None:
        """End the streams of people who may not watch any more; they get nothing but the end."""
        for count, stream in enumerate(streams, 1):
            self.leave(stream)
            stream.end()
            if count % BATCH == 0:
                await asyncio.sleep(0)

    def _hear(self, topic: str, calm: bool) -> None:
        """The bell rang for a topic."""
        prefix, _, id = topic.partition(":")
        for watchers in self.watched.values():
            if watchers.audience.prefix == prefix and str(watchers.id) == id:
                watchers.ring(calm=calm)

    def _connected(self, is_open: bool) -> None:
        """The connection to the broker opened or broke; whatever rang meanwhile was not heard."""
        if is_open and not self.is_listening:
            for watchers in self.watched.values():
                watchers.ring(calm=True)
        self.is_listening = is_open

    async def _admit(self) -> None:
        await self._knocked.wait()
        self._knocked.clear()
        waiting, self._knocks = self._knocks, []
        if not waiting:
            return
        try:
            answers = await self._in_thread(self._doorkeeper, admit, [one for one, _ in waiting])
        except Exception as error:  # noqa: BLE001 - whoever waits at the door gets an answer
            self._complain("admission", error)
            answers = [Admission.away() for _ in waiting]
        for count, ((_, future), answer) in enumerate(zip(waiting, answers, strict=True), 1):
            if not future.done():
                future.set_result(answer)
            if count % BATCH == 0:
                await asyncio.sleep(0)

    async def _look(self) -> None:
        """Compare versions: it catches lost bells, and is all there is without the broker."""
        watched: dict[Audience, list[int]] = {}
        for watchers in self.watched.values():
            watched.setdefault(watchers.audience, []).append(watchers.id)
        if not watched and self.database_answers:
            return
        self._clock, found = await self._in_thread(self._painter, versions, watched)
        if self._is_of_another:
            self._is_of_another = False
            state_cache.forget()
            await self._send_away(
                [stream for watchers in self.watched.values() for stream in watchers.streams]
            )
            return
        for watchers in list(self.watched.values()):
            current = found.get(watchers.audience, {})
            if watchers.shown is not None and current.get(watchers.id) != watchers.shown.version:
                watchers.ring()

    async def _authorise_all(self) -> None:
        """Close what its viewer may not see any more, changed or not."""
        for watchers in list(self.watched.values()):
            gone = await self._in_thread(self._doorkeeper, watchers.roll().gone)
            await self._send_away(gone)

    async def _beat(self) -> None:
        """Tell everybody that the stream is alive, and those who asked what time it is."""
        word = "live" if self.database_answers else "away"
        spoken = Message.of(f": beat\nevent: beat\ndata: {word} {self._time()}\n\n".encode())
        streams = [stream for watchers in self.watched.values() for stream in watchers.streams]
        for count, stream in enumerate(streams, 1):
            if not stream.is_blocked:
                stream.push(spoken if stream.wants_beats else BEAT)
            if count % BATCH == 0:
                await asyncio.sleep(0)

    def _time(self) -> str:
        """The product's time, carried on since it was last asked for; empty before that."""
        if self._clock is None:
            return ""
        moment, then = self._clock
        return (moment + timedelta(seconds=time.monotonic() - then)).isoformat()

    async def _forever(
        self, what: str, every: float, step: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        while True:
            await asyncio.sleep(every)
            try:
                await step()
            except Exception as error:  # noqa: BLE001 - the next round may succeed
                self._complain(what, error)
                await asyncio.sleep(0.5)

    async def _in_thread(
        self,
        executor: ThreadPoolExecutor | None,
        work: Callable[..., Answer],
        *arguments: object,
    ) -> Answer:
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(executor, with_connection, work, *arguments)
        except (OperationalError, InterfaceError):
            await self._database(answers=False)
            raise
        await self._database(answers=True)
        return answer

    async def _database(self, *, answers: bool) -> None:
        """Tell the pages at once when the database goes away or is back."""
        if self.database_answers != answers:
            self.database_answers = answers
            await self._beat()

    def _complain(self, what: str, error: Exception) -> None:
        logger.warning("%s failed: %s: %s", what, type(error).__name__, str(error).split("\n")[0])


#: The hub of this process.
process_hub = Hub()


def start() -> None:
    """Open the process's hub; the application's lifespan calls it.

    Pages and streams of the process share what is drawn from here on.
    """
    state_cache.share(shared=True)
    process_hub.start()


async def close() -> None:
    """End all streams of this process; the server calls it before it waits for connections."""
    state_cache.share(shared=False)
    await process_hub.close()
