"""One web process: uvicorn on a socket that somebody else opened, or on its own.

``python -m running.server`` runs it; ``running.supervisor`` starts several and restarts them.
"""

import argparse
import os
import socket
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, Protocol, cast

import uvicorn

from running.garbage import keep_what_stays
from running.listener import listen
from running.process import dies_with_parent
from running.protocol import Protocol as Requests

#: Where the site stands, which is made of all the rooms above this one.
SITE = "config.asgi"
#: How long answers under way may take after the streams were closed.
GRACE_S = 5
#: Longer than a proxy keeps its side, so that no request meets a closing connection.
KEEP_ALIVE_S = 65


class Site(Protocol):
    """What is served: an ASGI application, and how its live streams are ended."""

    application: Any
    end_streams: Callable[[], Awaitable[None]]


class Server(uvicorn.Server):
    """uvicorn that ends the live streams first, since it would wait for each of them."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self.end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking connections, end all streams cleanly, then the rest; exit status 0."""
        for server in self.servers:
            server.close()
        await self.end_streams()
        await super().shutdown(sockets)
        # uvicorn would raise the signal once more and end with -15 although all went well.
        self._captured_signals.clear()


def serve(*listeners: socket.socket, site: Site) -> None:
    """Answer with ``site`` on all ``listeners`` until SIGTERM or SIGINT."""
    configuration = uvicorn.Config(
        site.application,
        http=Requests,
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=2048,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    keep_what_stays()
    Server(configuration, site.end_streams).run(sockets=[*listeners])


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m running.server", description=__doc__)
    parser.add_argument("--fd", type=int, help="descriptor of a listening socket")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    if options.fd is not None:
        dies_with_parent()
        listener = socket.socket(fileno=options.fd)
    else:
        listener = listen(options.host, options.port)
    os.umask(0o077)
    site = cast(Site, import_module(SITE))
    serve(listener, site=site)


if __name__ == "__main__":
    main()
