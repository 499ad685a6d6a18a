"""A reader of the event stream over a real socket, as plain as a browser's."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, Queue

from tests.waiting import PATIENCE_S


@dataclass
class Message:
    """One event as it came; ``raw`` are its bytes."""

    raw: bytes
    id: str = ""
    event: str = ""
    data: str = ""
    retry: int | None = None


@dataclass
class Line:
    """One open stream. ``reads=False`` opens it and never reads, as a stuck browser would."""

    port: int
    path: str
    method: str = "GET"
    cookie: str = ""
    token: str = ""
    last: str = ""
    reads: bool = True
    receive_buffer: int = 0
    comments: list[tuple[float, bytes]] = field(default_factory=list)
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __post_init__(self) -> None:
        self.messages: Queue[Message] = Queue()
        self.ended = threading.Event()
        self.ended_cleanly = False
        self._socket = socket.socket()
        if self.receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(("127.0.0.1", self.port))
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Accept: text/event-stream",
        ]
        if self.cookie:
            lines.append(f"Cookie: other=1; endstate={self.cookie}")
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.last:
            lines.append(f"Last-Event-ID: {self.last}")
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._buffer = b""
        self._read_head()
        if self.reads and self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()
        elif self.status != 200:
            while len(self._buffer) < int(self.headers["content-length"]):
                self._more()
            self.body = self._buffer

    def start_reading(self) -> None:
        """Begin now what ``reads=False`` put off."""
        threading.Thread(target=self._read, daemon=True).start()

    def next(self, timeout: float = PATIENCE_S) -> Message:
        """The next message that is not a beat."""
        try:
            return self.messages.get(timeout=timeout)
        except Empty:
            raise AssertionError(f"nothing came within {timeout} s") from None

    def silent_for(self, seconds: float) -> bool:
        """Whether no message comes for so long."""
        try:
            message = self.messages.get(timeout=seconds)
        except Empty:
            return True
        raise AssertionError(f"unexpected: {message}")

    def close(self) -> None:
        """Go away without a word."""
        self._socket.close()

    def _more(self) -> None:
        got = self._socket.recv(65536)
        if not got:
            raise EOFError
        self._buffer += got

    def _read_head(self) -> None:
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        first, *rest = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {
            name.lower(): value for name, value in (line.split(": ", 1) for line in rest)
        }

    def _read(self) -> None:
        text = b""
        try:
            while True:
                while b"\r\n" not in self._buffer:
                    self._more()
                size, self._buffer = self._buffer.split(b"\r\n", 1)
                length = int(size, 16)
                while len(self._buffer) < length + 2:
                    self._more()
                text += self._buffer[:length]
                self._buffer = self._buffer[length + 2 :]
                if not length:
                    self.ended_cleanly = True
                    return
                while b"\n\n" in text:
                    block, text = text.split(b"\n\n", 1)
                    self._take(block)
        except (OSError, EOFError, ValueError):
            return
        finally:
            self.ended.set()

    def _take(self, block: bytes) -> None:
        message = Message(block + b"\n\n")
        data = []
        for line in block.decode().split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not name:
                self.comments.append((time.monotonic(), line.encode()))
            elif name == "data":
                data.append(value)
            elif name == "retry":
                message.retry = int(value)
            else:
                setattr(message, name, value)
        if data:
            message.data = "\n".join(data)
            self.messages.put(message)


Watch = Callable[..., Line]
"""Opens a line to a page, as the fixture ``watch`` does."""
