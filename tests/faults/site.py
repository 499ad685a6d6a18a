"""The product's own web process under test, on the test database behind a wire."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from people.actions import issue_token
from people.models import Scope, User
from tests.faults.proxy import Wire, wire_to
from tests.servers import address_of
from tests.waiting import until

SERVE = "import tests.faults.served as s; s.main({broken!r}, {port})"


@dataclass
class Answer:
    """What came back, after how many seconds."""

    status: int
    text: str
    headers: httpx.Headers
    took: float

    @property
    def summary(self) -> tuple[int, bool]:
        """The status, and whether it came within five seconds."""
        return self.status, self.took <= 5.0


@dataclass
class Site:
    """One web process. ``ask`` is one request; ``together`` several at once."""

    port: int
    wire: Wire
    log: Path
    process: subprocess.Popen[bytes]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, method: str = "GET", *, patience: float = 40, **how: Any) -> Answer:
        """One request on a connection of its own; status 0 when no answer comes in time."""
        headers = {**self.headers, **how.pop("headers", {})}
        # Its certificates take a while to read, which nobody waits for here.
        with httpx.Client(timeout=patience, verify=False) as client:
            began = time.monotonic()
            try:
                found = client.request(method, f"{self.address}{path}", headers=headers, **how)
            except httpx.TimeoutException:
                return Answer(0, "", httpx.Headers(), time.monotonic() - began)
            took = time.monotonic() - began
        return Answer(found.status_code, found.text, found.headers, took)

    def together(self, questions: Sequence[Callable[[], Answer]]) -> "Under":
        """Ask all at once, each on its own thread."""
        return Under(questions)

    def signed_in(self, person: User) -> None:
        """Ask as ``person`` from here on, by token for the API and by session for pages."""
        _, secret = issue_token(person, name="test", scopes=(Scope.READ, Scope.WRITE, Scope.INGEST))
        client = Client()
        client.force_login(person)
        cookie = f"endstate={client.cookies['endstate'].value}; csrf={'c' * 32}"
        self.headers = {"Cookie": cookie, "X-CSRFToken": "c" * 32, "Origin": self.address}
        self.token = {"Authorization": f"Bearer {secret}", "Cookie": ""}

    def api(self, path: str, method: str = "GET", **how: Any) -> Answer:
        """One call of the API."""
        return self.ask(f"/api/v1/{path}", method, headers=self.token, **how)


class Under:
    """Requests under way."""

    def __init__(self, questions: Sequence[Callable[[], Answer]]) -> None:
        self._answers: dict[int, Answer] = {}

        def run(number: int, ask: Callable[[], Answer]) -> None:
            self._answers[number] = ask()

        self._threads = [
            threading.Thread(target=run, args=one, daemon=True) for one in enumerate(questions)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def answers(self) -> list[Answer]:
        """All answers, in the order of the questions."""
        for thread in self._threads:
            thread.join(60)
        return [self._answers[number] for number in sorted(self._answers)]


Sites = Callable[..., Site]


@contextmanager
def serving(wire: Wire, url: str, log: Path, broken: str = "", **more: str) -> Iterator[Site]:
    """A web process on ``url``, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE.format(broken=broken, port=port)],
            cwd=settings.ROOT,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "BASE_URL": address,
                "LOG_LEVEL": "WARNING",
                **more,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    site = Site(port, wire, log, process)
    try:
        until(lambda: process.poll() is not None or _listens(port))
        assert process.poll() is None, log.read_text()[-3000:]
        yield site
    finally:
        process.kill()
        process.wait(20)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


@pytest.fixture
def wire(transactional_db: None) -> Iterator[Wire]:
    """A wire to the test database."""
    with wire_to(connection.settings_dict["HOST"]) as one:
        yield one


@pytest.fixture
def sites(wire: Wire, tmp_path: Path) -> Iterator[Sites]:
    """Starts web processes on the test database behind ``wire``; ``broken`` as in ``served``."""
    opened: list[AbstractContextManager[Site]] = []

    def start(broken: str = "") -> Site:
        url = address_of({**connection.settings_dict, "HOST": "127.0.0.1", "PORT": wire.port})
        one = serving(wire, url, tmp_path / f"log{len(opened)}", broken)
        opened.append(one)
        return one.__enter__()

    yield start
    for one in opened:
        one.__exit__(None, None, None)


@pytest.fixture
def site(sites: Sites, db: None) -> Site:
    """One web process as it is."""
    return sites()
