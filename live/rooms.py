"""Who watches one topic together, and what they were shown last. The hub keeps the rooms."""

import asyncio

from live.rendering import Rendered
from live.topics import Audience
from live.viewers import Stream


class Room:
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

    def ring(self, *, calm: bool = False) -> None:
        """Have the room looked at as soon as its rhythm allows."""
        self.calm = calm and (self.calm or not self.rung.is_set())
        self.rung.set()
