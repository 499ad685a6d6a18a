"""What the hub asks the database and the templates, run in its threads, never in the loop.

Each question is about all viewers of a topic at once. When it is asked, the hub decides.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from django.db import close_old_connections

from clock.queries import now
from live.identity import SignIns
from live.rendering import Rendered, render_regions
from live.topics import Audience, State
from live.viewers import Stream

Answer = TypeVar("Answer")


def with_connection(work: Callable[..., Answer], *arguments: object) -> Answer:
    """Run ``work`` on a connection that was looked at first and is not kept if it broke."""
    close_old_connections()
    try:
        return work(*arguments)
    finally:
        close_old_connections()


class Roll:
    """The streams of one room at one moment, laid out for the question who may stay.

    The room keeps it until somebody comes or goes, since laying it out costs more than asking.
    """

    def __init__(self, audience: Audience, id: int, streams: Iterable[Stream]) -> None:
        self.audience = audience
        self.id = id
        self.streams = frozenset(streams)
        self.viewers = frozenset(stream.pass_.viewer for stream in self.streams)
        self.sign_ins = SignIns(
            [stream.pass_.person for stream in self.streams if stream.pass_.person is not None]
        )

    def turned_away(self) -> list[Stream]:
        """Those who are not signed in any more, or may not see the topic any more."""
        gone = self.viewers - self.audience.authorise(self.id, self.viewers)
        ended = self.sign_ins.ended()
        if not gone and not ended:
            return []
        return [
            stream
            for stream in self.streams
            if stream.pass_.viewer in gone or stream.pass_.person in ended
        ]


def look_at(audience: Audience, id: int) -> tuple[State, Rendered] | None:
    """Load the topic and render its regions; nothing when it is gone."""
    state = audience.load(id)
    return (state, render_regions(audience, state)) if state is not None else None


def versions(
    watched: dict[Audience, list[int]],
) -> tuple[tuple[datetime, float], dict[Audience, dict[int, int]]]:
    """The time, and the versions of everything watched."""
    clock = (now(), time.monotonic())
    return clock, {audience: audience.versions(ids) for audience, ids in watched.items()}
