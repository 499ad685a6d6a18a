"""Asks the database and the templates for the hub, in its threads, never in the loop.

Each question is about all viewers of a topic at once. When it is asked, the hub decides.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections

from clock.queries import now
from live.identity import SignIns
from live.rendering import Rendered
from live.state_cache import state_cache
from live.topics import Audience, State
from live.viewers import Stream

Answer = TypeVar("Answer")


def with_connection(work: Callable[..., Answer], *arguments: object) -> Answer:
    """Run ``work``, which only reads, on the thread's own connection.

    The connection is not looked at first, which would double the queries; where it turns out to be
    broken, ``work`` runs once more on a new one.
    """
    try:
        return work(*arguments)
    except (OperationalError, InterfaceError):
        connections.close_all()
        return work(*arguments)


class Roll:
    """The streams of one watchers at one moment, laid out for the question who may stay.

    The watchers keeps it until somebody comes or goes, since laying it out costs more than asking.
    """

    def __init__(self, audience: Audience, id: int, streams: Iterable[Stream]) -> None:
        self.audience = audience
        self.id = id
        self.streams = frozenset(streams)
        self.viewers = frozenset(stream.pass_.viewer for stream in self.streams)
        self.sign_ins = SignIns(
            [stream.pass_.person for stream in self.streams if stream.pass_.person is not None]
        )

    def not_signed_in(self) -> list[Stream]:
        """Those whose session or token ended, or whose account did."""
        ended = self.sign_ins.ended()
        return [one for one in self.streams if one.pass_.person in ended] if ended else []

    def not_allowed(self) -> list[Stream]:
        """Those who may not see the topic any more."""
        gone = self.viewers - self.audience.authorise(self.id, self.viewers)
        return [one for one in self.streams if one.pass_.viewer in gone] if gone else []


def look_at(roll: Roll) -> tuple[State, Rendered, list[Stream]] | None:
    """Load the topic, render its regions and ask who may not see them; nothing when it is gone."""
    cached = state_cache.get(roll.audience, roll.id)
    if cached is None:
        return None
    return cached.state, cached.rendered, roll.not_allowed()


def versions(
    watched: dict[Audience, list[int]],
) -> tuple[tuple[datetime, float], dict[Audience, dict[int, int]]]:
    """The time, and the versions of everything watched."""
    clock = (now(), time.monotonic())
    return clock, {audience: audience.versions(ids) for audience, ids in watched.items()}
