"""A real server with a hub of its own, short of patience, on the test database."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
import uvicorn
from django.db import connection
from django.template import engines
from django.test import Client

from config.roles import as_owner
from live import bell, topics
from live.hub import Hub
from live.stream import serve
from people.models import User
from running.listener import listen
from running.protocol import Protocol
from tests.live.boards import TABLE, Boards
from tests.live.lines import Line
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def boards(transactional_db: None) -> Iterator[Boards]:
    """The registered audience of the tests, on its own table."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute("TRUNCATE live_test_board")
    environment = engines["jinja2"].env  # type: ignore[attr-defined]
    before = environment.loader
    environment.loader = jinja2.ChoiceLoader(
        [before, jinja2.FileSystemLoader(Path(__file__).parent / "templates")]
    )
    audience = Boards()
    topics.register(audience)
    yield audience
    del topics._audiences[audience.prefix, audience.name]
    environment.loader = before
    bell.flush(PATIENCE_S)


class House:
    """One web process's worth of streams, in a thread: a hub and uvicorn on a port.

    ``http`` is how it speaks to connections; only the product's own way lends them to the hub.
    """

    def __init__(
        self, *, port: int = 0, pages: Any = None, http: Any = Protocol, **timing: float
    ) -> None:
        self.hub = Hub(**timing)
        self.pages = pages
        self.loop: asyncio.AbstractEventLoop | None = None
        self.listener = listen("127.0.0.1", port)
        self.port: int = self.listener.getsockname()[1]
        self.server = _Server(
            uvicorn.Config(
                self._application,
                http=http,
                loop="uvloop",
                interface="asgi3",
                lifespan="on",
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=5,
            )
        )
        self.server.hub = self.hub
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],))
        self.thread.start()
        until(lambda: self.server.started)

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self.loop = asyncio.get_running_loop()
            self.hub.start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.hub.close()
            await send({"type": "lifespan.shutdown.complete"})
        elif self.pages is not None and not scope["path"].endswith("/events/"):
            await self.pages(scope, receive, send)
        else:
            await serve(self.hub, scope, receive, send)

    def wait_until_shown(self, viewers: int) -> None:
        """Wait until so many viewers have the current state, however busy the machine is.

        Before that, silence says nothing: the first look may find what was changed meanwhile.
        """

        def are_shown() -> bool:
            watched = list(self.hub.watched.values())
            streams = [stream for one in watched for stream in list(one.streams)]
            return len(streams) == viewers and not any(stream.is_behind for stream in streams)

        until(are_shown)

    def stop(self) -> None:
        """End as SIGTERM does."""
        self.server.should_exit = True
        self.thread.join(timeout=PATIENCE_S)
        assert not self.thread.is_alive()


class _Server(uvicorn.Server):
    hub: Hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.hub.close()
        await super().shutdown(sockets)


Opener = Callable[..., House]


def give_back(house: House) -> None:
    """Wait until the threads of a stopped hub gave their connections back."""
    for executor in (house.hub._doorkeeper, house.hub._painter):
        if executor is not None:
            executor.shutdown(wait=True)


@pytest.fixture
def open_house(boards: Boards) -> Iterator[Opener]:
    """Opens houses with the timing a test asks for and stops them in the end."""
    houses: list[House] = []

    def opened(**how: Any) -> House:
        house = House(**how)
        houses.append(house)
        until(lambda: is_subscribed(house))
        return house

    yield opened
    for house in houses:
        house.stop()
        give_back(house)


@pytest.fixture
def house(open_house: Opener) -> House:
    """A house with the product's own timing."""
    return open_house()


@pytest.fixture
def person(transactional_db: None) -> User:
    """Somebody who may watch."""
    return User.objects.create_user("watcher@example.test", None, name="Wanda Watcher")


def cookie_of(user: User) -> str:
    """The value of a session cookie that signs this person in."""
    client = Client()
    client.force_login(user)
    return client.cookies["endstate"].value


@pytest.fixture
def watch(person: User) -> Iterator[Callable[..., Line]]:
    """Opens streams of ``person`` on a board and closes them in the end."""
    lines: list[Line] = []
    cookie = cookie_of(person)

    def opened(house: House, board: int, *, query: str = "", **more: Any) -> Line:
        more.setdefault("cookie", cookie)
        lines.append(Line(house.port, f"/boards/{board}/events/{query}", **more))
        return lines[-1]

    yield opened
    for line in lines:
        line.close()


def is_subscribed(house: House) -> bool:
    return house.hub.is_listening
