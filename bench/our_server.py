"""Our stream as it runs in a web process, with the benchmark's page registered.

``python -m bench.serve bench.our_server FD TIMING``, where the timing is JSON for ``live.hub.Hub``.
"""

import json
import socket
from pathlib import Path
from typing import Any

import jinja2
import uvicorn
from django.template import engines

from bench.board import Board
from live.hub import Hub
from live.stream import serve
from live.topics import register
from running.protocol import Protocol as Requests

TEMPLATES = Path(__file__).parent / "templates"


class Server(uvicorn.Server):
    """Ends the streams first, as ``running.server`` does."""

    def __init__(self, hub: Hub, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """The hub, then the rest."""
        await self.hub.close()
        await super().shutdown(sockets)
        self._captured_signals.clear()


def main(descriptor: int, timing: str) -> None:
    """Serve until SIGTERM."""
    engines["jinja2"].env.loader = jinja2.FileSystemLoader(TEMPLATES)  # type: ignore[attr-defined]
    register(Board())
    hub = Hub(**json.loads(timing))

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await serve(hub, scope, receive, send)
            return
        await receive()
        hub.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    config = uvicorn.Config(
        application,
        http=Requests,
        loop="uvloop",
        ws="none",
        interface="asgi3",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        backlog=2048,
        timeout_graceful_shutdown=5,
    )
    Server(hub, config).run(sockets=[socket.socket(fileno=descriptor)])
