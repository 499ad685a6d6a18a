"""A machine that answers a byte now and then, far longer than anybody should listen."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

BYTE_EVERY_S = 0.03
LASTS_S = 30.0
#: What is sent at once; what follows drips.
BEGINNINGS = {
    "in its headers": b"HTTP/1.1 200 OK\r\nX-Long: ",
    "in its body": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
    "in a body of known length": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
}


class Dripping:
    """How many ``asked``, how many of them ``left``, and how many were ``heard_out``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked = 0
        self.left = 0
        self.heard_out = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def dripping(where: str) -> Iterator[Dripping]:
    """Drip, ``where`` as in ``BEGINNINGS``, to the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    told = Dripping(listener.getsockname()[1])
    over = threading.Event()
    threads: list[threading.Thread] = []

    def drip(line: socket.socket) -> None:
        with line:
            try:
                line.recv(65_536)
                line.sendall(BEGINNINGS[where])
                until = time.monotonic() + LASTS_S
                while not over.wait(BYTE_EVERY_S) and time.monotonic() < until:
                    line.sendall(b" ")
            except OSError:
                told.left += 1
            else:
                told.heard_out += 1

    def take() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                told.asked += 1
                threads.append(threading.Thread(target=drip, args=(line,), daemon=True))
                threads[-1].start()

    taking = threading.Thread(target=take, daemon=True)
    taking.start()
    try:
        yield told
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (taking, *threads):
            thread.join(10)
