"""The limit of the live figures: a bare uvloop protocol that writes the same bytes to everybody.

``python -m bench.limit FD``: every connection that asks for a stream gets a header; a line ``go``
on any connection makes it write one message of about 8 KB to all of them.
"""

import asyncio
import socket
import sys
from typing import cast

import uvloop

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
BODY = b"id: 1\ndata: " + b"x" * 8200 + b"\n\n"
CHUNK = b"%x\r\n" % len(BODY) + BODY + b"\r\n"

_open: set[asyncio.Transport] = set()


class Stream(asyncio.Protocol):
    """One connection."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it until somebody asks."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """A request joins; ``go`` writes to all who joined."""
        if data.startswith(b"go"):
            for transport in _open:
                transport.write(CHUNK)
        else:
            self.transport.write(HEAD)
            _open.add(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        _open.discard(self.transport)


async def main(descriptor: int) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    await loop.create_server(Stream, sock=socket.socket(fileno=descriptor), backlog=2048)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
