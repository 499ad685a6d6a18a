"""Hears the bell: one subscription for the whole process, renewed whenever it breaks."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from live.announcing import CALM, CHANNEL

logger = logging.getLogger(__name__)

LONGEST_PAUSE_S = 5.0
PING_EVERY_S = 10.0
SILENT_FOR_S = 25.0


async def listen(hear: Callable[[str, bool], None], tell: Callable[[bool], None]) -> None:
    """Call ``hear(topic, calm)`` for every announcement, for ever, until cancelled.

    ``tell(True)`` and ``tell(False)`` say when the subscription begins to hold and when it breaks.

    Nothing is replayed after a break: the hub compares version numbers anyway.
    """
    pause = 0.1
    while True:
        try:
            async for topic in _announcements():
                pause = 0.1
                tell(True)
                if topic:
                    name, _, mood = topic.partition(" ")
                    hear(name, mood == CALM)
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("No announcements for now: %s", error)
        tell(False)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


async def _announcements() -> AsyncIterator[str]:
    """The announced topics, and ``""`` for every sign of life, until the connection breaks."""
    loop = asyncio.get_running_loop()
    broker = redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_connect_timeout=1,
        single_connection_client=True,
    )
    try:
        async with broker.pubsub() as heard:
            await asyncio.wait_for(heard.subscribe(CHANNEL), 2)
            heard_at = loop.time()
            while True:
                message = await heard.get_message(timeout=PING_EVERY_S)
                if message is not None:
                    heard_at = loop.time()
                    yield message["data"] if message["type"] == "message" else ""
                elif loop.time() - heard_at > SILENT_FOR_S:
                    raise TimeoutError("the broker is silent")
                else:
                    await asyncio.wait_for(heard.ping(), 2)
    finally:
        await broker.aclose()
