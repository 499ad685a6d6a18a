"""A wire between the product and PostgreSQL that a test can make silent: TCP to unix socket."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Wire:
    """Accepts on loopback and passes on. Silent, it goes on accepting and drops what it gets.

    A connection that lost something stays silent, as behind a firewall that forgot it.
    """

    def __init__(self, behind: Path) -> None:
        self.behind = behind
        self.port = 0
        self.is_silent = False
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Task[None]] = set()

    def serve(self, ready: threading.Event) -> None:
        """Run until ``stop``."""
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        for task in self._open:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._open, return_exceptions=True))
        server.close()
        self._loop.close()

    def stop(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if self.is_silent:
                while await reader.read(65536):
                    pass
                return
            there, back = await asyncio.open_unix_connection(str(self.behind))
            lost = asyncio.Event()
            try:
                await asyncio.gather(
                    self._pass_on(reader, back, lost), self._pass_on(there, writer, lost)
                )
            finally:
                back.close()
        except OSError:
            pass
        finally:
            writer.close()
            self._open.discard(task)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            if self.is_silent:
                lost.set()
            if not lost.is_set():
                writer.write(data)
                await writer.drain()
        writer.close()


@contextmanager
def wire_to(folder: str) -> Iterator[Wire]:
    """A wire to the PostgreSQL whose socket is in ``folder``."""
    wire = Wire(Path(folder) / ".s.PGSQL.5432")
    ready = threading.Event()
    thread = threading.Thread(target=wire.serve, args=(ready,), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield wire
    finally:
        wire.stop()
        thread.join(10)
