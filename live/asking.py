"""Asks the database and the templates for the hub, in its threads, never in the loop.

Each question is about all viewers of a topic at once. When it is asked, the hub decides.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from datetime import datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections

from clock.queries import now
from live.identity import Person, SignIns
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
        people = [stream.pass_.person for stream in self.streams if stream.pass_.person]
        seeing = audience.seeing(id) if len(people) == len(self.streams) else None
        self._asks_all = seeing is not None
        self._sign_ins = SignIns(people, seeing)

    def gone(self) -> list[Stream]:
        """Those who may not watch any more: signed out, not active, or kept from the topic.

        One query while everybody may and the audience tells who is ``seeing``; else its own, too.
        """
        signed_out: set[Person] = set()
        if self._sign_ins.people and not self._sign_ins.are_all_well():
            signed_out = self._sign_ins.ended()
        elif self._asks_all:
            return []
        kept_out = self.viewers - self.audience.authorise(self.id, self.viewers)
        if not (signed_out or kept_out):
            return []
        return [
            one
            for one in self.streams
            if one.pass_.person in signed_out or one.pass_.viewer in kept_out
        ]


def look_at(roll: Roll, doorkeeper: Executor) -> tuple[State, Rendered, list[Stream]] | None:
    """Load the topic and render its regions, while the ``doorkeeper`` asks who may not see them.

    That is asked when the state was read and never before: whoever lost access before something
    changed is known to have lost it. Nothing when the topic is gone.
    """
    asked: list[Future[list[Stream]]] = []

    def ask() -> None:
        asked.append(doorkeeper.submit(with_connection, roll.gone))

    cached = state_cache.get(roll.audience, roll.id, when_read=ask)
    if cached is None:
        return None
    return cached.state, cached.rendered, asked[-1].result()


def versions(
    watched: dict[Audience, list[int]],
) -> tuple[tuple[datetime, float], dict[Audience, dict[int, int]]]:
    """The time, and the versions of everything watched."""
    clock = (now(), time.monotonic())
    return clock, {audience: audience.versions(ids) for audience, ids in watched.items()}
