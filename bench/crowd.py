"""Many viewers in one process of their own, steered by lines of JSON on standard input.

``open`` connects a number of them, ``arm`` begins to wait for one message each, ``wait`` answers
when each of them got it, ``close`` hangs up. Times are the machine's monotonic clock, the same in
every process.
"""

import asyncio
import json
import socket
import struct
import sys
import time
from typing import Any, cast

import uvloop


class Viewer(asyncio.Protocol):
    """One stream: counts bytes, and notices when a whole message is there."""

    def __init__(self, crowd: "Crowd", request: bytes) -> None:
        self.crowd = crowd
        self.request = request
        self.received = 0
        self.status = 0
        self.tail = b""
        self.is_waiting = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request at once."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """The head first, then messages; heartbeats are too short to count."""
        if not self.status:
            self.status = int(data[9:12])
            self.crowd.joined(self)
        self.tail = data[-5:]
        if not self.is_waiting:
            return
        self.received += len(data)
        if self.received >= self.crowd.size:
            self.is_waiting = False
            self.crowd.reached.append(time.monotonic())
            if len(self.crowd.reached) == self.crowd.expected:
                self.crowd.all_reached.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The stream ended; cleanly, if the last chunk came first."""
        self.crowd.lost += 1
        self.crowd.lost_cleanly += self.tail == b"0\r\n\r\n"
        if not self.status:
            self.crowd.joined(self)


class Crowd:
    """All viewers of this process."""

    def __init__(self) -> None:
        self.viewers: list[Viewer] = []
        self.size = 8000
        self.expected = 0
        self.reached: list[float] = []
        self.all_reached = asyncio.Event()
        self.lost = self.lost_cleanly = 0
        self._joins: asyncio.Queue[Viewer] = asyncio.Queue()

    def joined(self, viewer: Viewer) -> None:
        """A viewer got its answer, or nothing."""
        self._joins.put_nowait(viewer)

    async def open(
        self,
        *,
        port: int,
        path: str,
        count: int,
        cookies: str = "",
        first: int = 0,
        headers: str = "",
        at_once: int = 200,
        buffer: int = 0,
        reads: bool = True,
    ) -> dict[str, Any]:
        """Connect ``count`` viewers; ``cookies`` is a file with one cookie a line.

        Theirs begin at the line ``first``.
        """
        jar = open(cookies).read().split() if cookies else []  # noqa: SIM115
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(at_once)
        began = time.monotonic()

        async def one(number: int) -> None:
            lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1"]
            if jar:
                lines.append(f"Cookie: {jar[(first + number) % len(jar)]}")
            if headers:
                lines.append(headers)
            request = "\r\n".join([*lines, "", ""]).encode()
            sock = socket.socket()
            sock.setblocking(False)
            if buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            async with gate:
                await loop.sock_connect(sock, ("127.0.0.1", port))
            transport, viewer = await loop.create_connection(
                lambda: Viewer(self, request), sock=sock
            )
            if not reads:
                transport.pause_reading()
            self.viewers.append(viewer)

        tries = await asyncio.gather(*(one(n) for n in range(count)), return_exceptions=True)
        failed = sum(isinstance(one, BaseException) for one in tries)
        statuses: dict[int, int] = {}
        for _ in range(count - failed if reads else 0):
            viewer = await asyncio.wait_for(self._joins.get(), 60)
            statuses[viewer.status] = statuses.get(viewer.status, 0) + 1
        took = time.monotonic() - began
        return {"took": took, "failed": failed, "statuses": statuses}

    async def arm(self, *, size: int = 8000) -> dict[str, Any]:
        """Begin to wait for a message of at least ``size`` bytes at every reading viewer."""
        self.size, self.reached = size, []
        self.all_reached.clear()
        waiting = [one for one in self.viewers if one.transport and one.transport.is_reading()]
        self.expected = len(waiting)
        for viewer in waiting:
            viewer.received = 0
            viewer.is_waiting = True
        return {"expected": self.expected}

    async def wait(self, *, timeout: float = 30.0) -> dict[str, Any]:
        """Answer when everybody got the message: the moments, in order."""
        try:
            await asyncio.wait_for(self.all_reached.wait(), timeout)
        except TimeoutError:
            return {
                "missing": self.expected - len(self.reached),
                "reached": self.reached,
            }
        return {"missing": 0, "reached": self.reached}

    async def count_lost(self) -> dict[str, Any]:
        """How many streams ended so far, and how many of them cleanly."""
        return {"lost": self.lost, "cleanly": self.lost_cleanly}

    async def close(self) -> dict[str, Any]:
        """Hang up on every stream, abruptly, as a closed laptop would."""
        for viewer in self.viewers:
            if viewer.transport is not None:
                sock = viewer.transport.get_extra_info("socket")
                if sock is not None and sock.fileno() >= 0:
                    linger = struct.pack("ii", 1, 0)
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                viewer.transport.abort()
        self.viewers = []
        await asyncio.sleep(0.05)
        self.lost = self.lost_cleanly = 0
        while not self._joins.empty():
            self._joins.get_nowait()
        return {}


async def main() -> None:
    """Read orders until standard input ends."""
    crowd = Crowd()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        answer = await getattr(crowd, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
