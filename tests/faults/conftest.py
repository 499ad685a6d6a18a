"""Processes to kill, a mail server they send to, and a Valkey of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from config.embedded import Servers
from tests.deadlines.conftest import gardener, neighbour, watering
from tests.faults.site import site, sites, wire
from tests.faults.until import until
from tests.notifications.smtp import Post, post_office

__all__ = ["gardener", "neighbour", "site", "sites", "until", "watering", "wire"]


CHILD = "import sys, django; django.setup(); import tests.faults.child as c; c.main(sys.argv[1])"


class Loops:
    """Starts loops on the test database and stops whatever is left in the end."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.redis_url = settings.REDIS_URL
        self.database = ""
        """Where the loops reach PostgreSQL, if not where the test does: host and port."""
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, broken: str = "", *, ready: bool = True) -> subprocess.Popen[bytes]:
        """One more loop; ``broken`` names a mechanism to break, ``ready`` waits for a pass."""
        before = _passes()
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, broken],
            cwd=settings.ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **self.environment()},
            start_new_session=True,
        )
        self.processes.append(process)
        if ready and broken != "sweep":
            until(lambda: _passes() != before, 60)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9, and wait until it is gone."""
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def environment(self) -> dict[str, str]:
        """The settings that lead a process to this test's servers."""
        database = connection.settings_dict
        where = self.database or f"{quote(database['HOST'], safe='')}:{database['PORT']}"
        return {
            "DATABASE_URL": f"postgres://{database['USER']}@{where}/{database['NAME']}",
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
def loops(transactional_db: None, post: Post) -> Iterator[Loops]:
    """The loops of one test."""
    started = Loops(post)
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
