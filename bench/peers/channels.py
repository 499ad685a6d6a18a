"""The fan-out by Channels with channels-redis: a consumer per viewer, one group, event streams.

``python bench/peers/channels.py FD REDIS``: a viewer connects to ``/events/``; ``GET /go`` sends
8 KB to the group. Over plain HTTP instead of websockets, so that the bytes are the same.
"""

import socket
import sys
from pathlib import Path
from typing import Any

# This file has the name of the library it uses; its own folder must not come first.
sys.path = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

import django  # noqa: E402
import uvicorn  # noqa: E402
from django.conf import settings  # noqa: E402

settings.configure(
    SECRET_KEY="only-for-benchmarks",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    DATABASES={},
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # One connection a viewer waits in redis-py's pool, which holds 100 by default.
            "CONFIG": {"hosts": [{"address": sys.argv[2], "max_connections": 5000}]},
        }
    },
)
django.setup()

from channels.generic.http import AsyncHttpConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402

MESSAGE = "id: 1\ndata: " + "x" * 8200 + "\n\n"


class Stream(AsyncHttpConsumer):  # type: ignore[misc]
    """One viewer."""

    async def http_request(self, message: Any) -> None:
        """Open the stream, or send to everybody."""
        if self.scope["path"] == "/go":
            layer = get_channel_layer()
            await layer.group_send("bench", {"type": "changed", "text": MESSAGE})
            await self.send_response(200, b"gone")
            return
        await self.channel_layer.group_add("bench", self.channel_name)
        await self.send_headers(headers=[(b"content-type", b"text/event-stream")])
        await self.send_body(b": open\n\n", more_body=True)

    async def changed(self, event: dict[str, str]) -> None:
        """The group's message."""
        await self.send_body(event["text"].encode(), more_body=True)

    async def disconnect(self) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard("bench", self.channel_name)


if __name__ == "__main__":
    config = uvicorn.Config(
        Stream.as_asgi(), loop="uvloop", lifespan="off", access_log=False, log_level="error"
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
