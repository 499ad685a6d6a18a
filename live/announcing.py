"""Tells every web process that a topic changed. What the change is, the hub reads by itself."""

import os
from functools import cache, partial

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from live import bell

CHANNEL = "endstate:live"
CALM = "calm"


def announce(topic: str, *, calm: bool = False) -> None:
    """Say that ``topic`` (``"incident:42"``) changed, after the running transaction commits.

    ``calm`` is for measurements, which come often: they redraw a topic once a second at most.
    Never blocks, never raises, asks the broker nothing: the bell's thread publishes. A rollback
    announces nothing; several announcements of one topic in a row may arrive as one.
    """
    words = f"{topic} {CALM}" if calm else topic
    transaction.on_commit(partial(bell.ring, "topic", words), robust=True)


@cache
def _broker(process: int, url: str) -> "redis.Redis":
    """The publishing connection of this process, which gives up after a second at most."""
    return redis.Redis.from_url(
        url,
        socket_timeout=1,
        socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
    )


def _publish(topic: str) -> None:
    _broker(os.getpid(), settings.REDIS_URL).publish(CHANNEL, topic)


bell.register_ringer("topic", _publish)
