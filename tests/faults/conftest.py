"""Processes to kill, a mail server they send to, and a Valkey of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from running.embedded import Servers
from tests.deadlines.conftest import gardener, neighbour, watering
from tests.faults.points import Points
from tests.faults.site import site, sites, wire
from tests.notifications.conftest import lena
from tests.notifications.smtp import Post, post_office
from tests.servers import address_of
from tests.waiting import until

__all__ = ["gardener", "lena", "neighbour", "site", "sites", "watering", "wire"]

CHILD = "import sys, django; django.setup(); import tests.faults.child as c; c.main(sys.argv[1])"


class Loops:
    """Starts loops on the test database and stops whatever is left in the end."""

    def __init__(self, post: Post, points: Points) -> None:
        self.post = post
        self.points = points
        self.said = points.folder / "said"
        """What the loops wrote to their logs."""
        self.redis_url = settings.REDIS_URL
        self.elsewhere: dict[str, object] = {}
        """Where the loops reach PostgreSQL, if not where the test does: host and port."""
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, broken: str = "", *, ready: bool = True) -> subprocess.Popen[bytes]:
        """One more loop; ``broken`` names a mechanism to break, ``ready`` waits for a pass."""
        before = _passes()
        with self.said.open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-c", CHILD, broken],
                cwd=settings.ROOT,
                env={**os.environ, **self.environment()},
                stderr=said,
                start_new_session=True,
            )
        self.processes.append(process)
        if ready:
            until(lambda: _passes() != before)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9, and wait until it is gone."""
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        """End every loop in order, so that nothing more can come from any of them."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(60)

    def environment(self) -> dict[str, str]:
        """The settings that lead a process to this test's servers."""
        return {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **self.points.environment,
            "DATABASE_URL": address_of({**connection.settings_dict, **self.elsewhere}),
            "REDIS_URL": self.redis_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.post.port}",
            "LOG_LEVEL": "WARNING",
        }


def _passes() -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ran_at FROM deadlines_pass")
        return list(cursor.fetchall())


@pytest.fixture
def post() -> Iterator[Post]:
    """A real mail server on loopback."""
    with post_office() as office:
        yield office


@pytest.fixture
def points(tmp_path: Path) -> Points:
    """Where this test's processes are told to stop."""
    return Points(tmp_path)


@pytest.fixture
def loops(transactional_db: None, post: Post, points: Points) -> Iterator[Loops]:
    """The loops of one test."""
    started = Loops(post, points)
    yield started
    for process in started.processes:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait(10)


@pytest.fixture
def valkey(loops: Loops, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A Valkey that only this test's loops use, so that it can be stopped, frozen and emptied."""
    servers = Servers(tmp_path_factory.mktemp("valkey"), careless=True, with_parent=True)
    servers.start(postgres=False)
    loops.redis_url = servers.redis_url
    yield servers
    if (pid := servers.valkey_pid()) is not None:
        os.kill(pid, signal.SIGCONT)
    servers.stop(even_if_used=True)
