"""One web process: uvicorn on a socket that somebody else opened, or on its own.

``python -m config.server`` runs it; ``config.supervisor`` starts several and restarts them.
"""

import argparse
import os
import socket

import uvicorn

from config.asgi import application
from config.listener import listen
from config.process import dies_with_parent
from config.protocol import Protocol
from live import hub

#: How long answers under way may take after the streams were closed.
GRACE_S = 5
#: Longer than a proxy keeps its side, so that no request meets a closing connection.
KEEP_ALIVE_S = 65


class Server(uvicorn.Server):
    """uvicorn that ends the live streams first, since it would wait for each of them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking connections, end all streams cleanly, then the rest; exit status 0."""
        for server in self.servers:
            server.close()
        await hub.close()
        await super().shutdown(sockets)
        # uvicorn would raise the signal once more and end with -15 although all went well.
        self._captured_signals.clear()


def serve(listener: socket.socket) -> None:
    """Answer on ``listener`` until SIGTERM or SIGINT."""
    configuration = uvicorn.Config(
        application,
        http=Protocol,
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
    Server(configuration).run(sockets=[listener])


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m config.server", description=__doc__)
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
    serve(listener)


if __name__ == "__main__":
    main()
