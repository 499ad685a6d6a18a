"""What the hub asks the database and the templates, run in its threads, never in the loop.

Each function asks for all viewers of a topic at once. When it is asked, the hub decides.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import close_old_connections

from clock.queries import now
from live.admission import Pass
from live.identity import still_signed_in
from live.rendering import Rendered, render_regions
from live.topics import Audience, State

Answer = TypeVar("Answer")


def with_connection(work: Callable[..., Answer], *arguments: object) -> Answer:
    """Run ``work`` on a connection that was looked at first and is not kept if it broke."""
    close_old_connections()
    try:
        return work(*arguments)
    finally:
        close_old_connections()


def look_at(
    audience: Audience, id: int, passes: set[Pass]
) -> tuple[State | None, Rendered | None, set[Pass]]:
    """Load, render, and ask who may still see it, in that order."""
    state = audience.load(id)
    if state is None:
        return None, None, set()
    return state, render_regions(audience, state), still_allowed(audience, id, passes)


def still_allowed(audience: Audience, id: int, passes: set[Pass]) -> set[Pass]:
    """The passes that still open the topic: signed in as before, and allowed to see it."""
    people = still_signed_in({one.person for one in passes if one.person is not None})
    viewers = {
        one.viewer for one in passes if one.person is None or one.person in people
    }
    allowed = audience.authorise(id, viewers) if viewers else set()
    return {
        one
        for one in passes
        if one.viewer in allowed and (one.person is None or one.person in people)
    }


def versions(
    watched: dict[Audience, list[int]],
) -> tuple[tuple[datetime, float], dict[Audience, dict[int, int]]]:
    """The time, and the versions of everything watched."""
    clock = (now(), time.monotonic())
    return clock, {
        audience: audience.versions(ids) for audience, ids in watched.items()
    }
