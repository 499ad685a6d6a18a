"""Who watches one topic together, and what they were shown last. The hub keeps them by topic."""

import asyncio

from live.asking import Roll
from live.rendering import Rendered
from live.topics import Audience
from live.viewers import Stream


class Watchers:
    """Everybody of one audience who watches one topic in this process."""

    def __init__(self, audience: Audience, id: int) -> None:
        self.audience = audience
        self.id = id
        self.streams: dict[Stream, None] = {}
        self.shown: Rendered | None = None
        self.drawn_at = 0.0
        self.look_at = 0.0
        self.calm = True
        self.rung = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self._roll: Roll | None = None

    def ring(self, *, calm: bool = False) -> None:
        """Have the topic looked at as soon as its rhythm allows."""
        self.calm = calm and (self.calm or not self.rung.is_set())
        self.rung.set()

    def add(self, stream: Stream) -> None:
        """Somebody comes."""
        self.streams[stream] = None
        self._roll = None

    def remove(self, stream: Stream) -> None:
        """Somebody goes. Twice is once."""
        if self.streams.pop(stream, False) is None:
            self._roll = None

    def roll(self) -> Roll:
        """Everybody who is here now."""
        if self._roll is None:
            self._roll = Roll(self.audience, self.id, self.streams)
        return self._roll
