"""An HTTP server that answers whatever a test wants instead of what Prometheus would."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class Lies:
    """What is answered, and what was asked: paths with their forms."""

    def __init__(self) -> None:
        self.answer: Callable[[BaseHTTPRequestHandler], None] = say(vector())
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.address = ""

    def queries(self) -> list[str]:
        """The queries asked for as they are now."""
        return [form["query"] for path, form in self.asked if path.endswith("/query")]


def say(body: Any, status: int = 200, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer ``body``, as JSON unless it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def hang(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing, for longer than anybody waits."""
    time.sleep(8)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte every now and then, and never the end."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(80):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def vector(*values: Any) -> dict[str, Any]:
    """What an instant query answers: a series for each value."""
    series = [{"metric": {"pod": f"{n}"}, "value": [1.0, one]} for n, one in enumerate(values)]
    return {"status": "success", "data": {"resultType": "vector", "result": series}}


@contextmanager
def lies() -> Iterator[Lies]:
    """A server on this machine, until the end."""
    told = Lies()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(given).items()}
            told.asked.append((self.path, form))
            try:
                told.answer(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        #: As many as several askers with all their threads may open at once.
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.address = f"http://127.0.0.1:{server.server_port}"
    yield told
    server.shutdown()
    server.server_close()
