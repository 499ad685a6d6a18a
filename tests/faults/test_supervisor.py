"""What is done to `up` itself: its output taken away, a child frozen, the end asked for early."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from running.embedded import Servers
from running.places import ROOT
from tests.running.terminal import Up, answers, environment
from tests.waiting import PATIENCE_S, until

#: A loaded machine starts the whole product in a minute instead of five seconds.
pytestmark = pytest.mark.timeout(900)

WITHIN_S = PATIENCE_S


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """One data folder for the module, where PostgreSQL's own commands may look in."""
    with tempfile.TemporaryDirectory(prefix="endstate-up-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture
def start(data: Path) -> Iterator[Callable[..., Up]]:
    """Starts `up` with options and settings, and ends it with the test."""
    started: list[Up] = []

    def begin(*options: str, **settings: str) -> Up:
        started.append(Up(data, *options, **settings))
        return started[-1]

    yield begin
    for up in started:
        if up.process.poll() is None:
            up.end()


def is_back(up: Up, name: str, old: int) -> bool:
    now = up.children().get(name)
    return now is not None and now.pid != old


def failures_of_ours(output: str) -> list[str]:
    """The lines of ours that a traceback names.

    A child of Celery's pool that is still starting when its parent is killed says so with a
    traceback through its own lines.
    """
    found = re.findall(r'File "([^"]+)", line \d+', output)
    return [
        name for name in found if Path(name).is_relative_to(ROOT) and "site-packages" not in name
    ]


def test_a_traceback_through_our_lines_is_told_from_one_of_the_pools() -> None:
    pools = f'  File "{ROOT}/.venv/lib/site-packages/billiard/process.py", line 329, in run\n'
    ours = f'  File "{ROOT}/running/supervisor.py", line 9, in main\n'
    assert failures_of_ours(f"Traceback (most recent call last):\n{pools}") == []
    assert failures_of_ours(f"{pools}{ours}") == [f"{ROOT}/running/supervisor.py"]


def test_ready_means_ready(start: Callable[..., Up]) -> None:
    up = start().ready()
    assert up.get("/readyz").json()["ready"] is True


def test_control_what_never_gets_ready_says_what_it_waits_for(start: Callable[..., Up]) -> None:
    up = start(REDIS_URL="redis://127.0.0.1:1/0")
    said = up.wait_for(r"^Endstate is not ready yet; it waits for (broker .*)\.$", within=WITHIN_S)
    assert said == "broker (ConnectionError)"
    assert "Endstate is ready at" not in up.output


def test_a_frozen_web_process_is_replaced_and_only_that_one(start: Callable[..., Up]) -> None:
    up = start("--web-processes", "2").ready()
    # Both have answered their own probe once; until then a start may take its time.
    time.sleep(5)
    frozen, other = up.all_of("running.server")
    frozen.suspend()
    said = up.wait_for(r"^(web \d) has given no sign of life", within=WITHIN_S)
    up.wait_for(rf"^{said} ended \(signal 9\)", within=WITHIN_S)
    until(lambda: len(up.all_of("running.server")) == 2)
    up.wait_until_ready()
    assert not frozen.is_running() or frozen.status() == psutil.STATUS_ZOMBIE
    assert other.is_running()
    assert up.output.count("no sign of life") == 1


class Unasking(Up):
    """One that asks no web process, and would be quick to replace a silent one."""

    program = (
        "-c",
        """
import sys
from running import supervisor, watching

look = watching.Probe.look

def look_elsewhere(probe, now):
    return None if probe.path == "/healthz" else look(probe, now)

watching.Probe.look = look_elsewhere
supervisor.SILENCE_S["web"] = 2.0
sys.exit(supervisor.main(sys.argv[2:]))
""",
    )


def test_control_a_frozen_web_process_that_nobody_asks_stays(data: Path) -> None:
    up = Unasking(data).ready()
    (frozen,) = up.all_of("running.server")
    try:
        frozen.suspend()
        time.sleep(8)
        assert (frozen.status(), up.all_of("running.server")) == (
            psutil.STATUS_STOPPED,
            [frozen],
        )
        assert "no sign of life" not in up.output
    finally:
        frozen.resume()
        up.end()


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_frozen_embedded_server_is_replaced_and_what_was_written_is_there(
    name: str, data: Path, start: Callable[..., Up]
) -> None:
    up = start().ready()
    servers = Servers(data)
    with psycopg.connect(servers.owner_url, autocommit=True) as line:
        line.execute(f"CREATE TABLE IF NOT EXISTS before_freezing_{name} AS SELECT 42 AS answer")
    others = {one: child.pid for one, child in up.children().items() if one != name}
    frozen = up.children()[name]
    for one in (*frozen.children(recursive=True), frozen):
        one.suspend()
    until(lambda: up.get("/readyz").status_code == 503)
    up.wait_for(rf"^{name} has given no sign of life for 20 s; replacing it", within=WITHIN_S)
    up.wait_for(rf"^{name} ended; starting it again", within=WITHIN_S)
    up.wait_until_ready()
    assert not frozen.is_running() or frozen.status() == psutil.STATUS_ZOMBIE
    assert {one: child.pid for one, child in up.children().items() if one != name} == others
    with psycopg.connect(servers.owner_url) as line:
        assert line.execute(f"SELECT answer FROM before_freezing_{name}").fetchall() == [(42,)]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("output", [full_disk, closed_pipe])
def test_it_survives_that_nothing_can_be_said(data: Path, output: Callable[[], int]) -> None:
    port = str(free_port())
    descriptor = output()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", port, "--data", str(data)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=descriptor,
        stderr=descriptor,
        start_new_session=True,
    )
    os.close(descriptor)

    def is_ready() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
        return False

    def webs() -> list[int]:
        found = []
        for one in psutil.Process(process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                found += [one.pid] * ("running.server" in " ".join(one.cmdline()))
        return found

    try:
        until(is_ready, WITHIN_S)
        (victim,) = webs()
        os.kill(victim, signal.SIGKILL)
        until(lambda: webs() not in ([], [victim]))
        until(is_ready)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def test_control_printing_as_usual_does_not_survive_a_full_disk() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "print('words', flush=True)"],
            stdout=full,
            stderr=full,
            check=False,
        )
    assert done.returncode != 0


@contextlib.contextmanager
def held_recovery(data: Path, account: int | None) -> Iterator[None]:
    """The next start of PostgreSQL recovers for as long as this lasts."""
    hold = data.parent / "hold"
    hold.touch()
    command = f"while [ -e {hold} ]; do sleep 0.05; done; false"
    with (data / "postgres" / "postgresql.auto.conf").open("a") as handle:
        handle.write(f"restore_command = '{command}'\n")
    asked = data / "postgres" / "recovery.signal"
    asked.touch()
    if account is not None:
        os.chown(asked, account, -1)
    try:
        yield
    finally:
        hold.unlink(missing_ok=True)


def test_while_postgresql_recovers_every_other_child_comes_back(
    data: Path, start: Callable[..., Up]
) -> None:
    up = start().ready()
    servers = Servers(data)
    before = up.children()
    with held_recovery(data, servers.account):
        before["postgres"].kill()
        up.wait_for(r"^postgres ended; starting it again", within=WITHIN_S)
        for name in ("valkey", "worker", "beat", "loop", "web"):
            before[name].kill()
        for name in ("valkey", "worker", "beat", "loop", "web"):
            until(lambda: is_back(up, name, before[name].pid), WITHIN_S)  # noqa: B023
        until(lambda: answers(servers, "valkey"), WITHIN_S)
        up.wait_for(r"^PostgreSQL recovers what was under way", within=WITHIN_S)
        assert not answers(servers, "postgres")
    up.wait_until_ready()
    assert failures_of_ours(up.output) == [], up.output


class Waiting(Up):
    """One that waits for a server it starts again."""

    program = (
        "-c",
        """
import sys, time
from running import embedded, supervisor

step = embedded.Servers.bring_up

def bring_up(self, name):
    while not step(self, name):
        time.sleep(0.02)
    return True

embedded.Servers.bring_up = bring_up
sys.exit(supervisor.main(sys.argv[2:]))
""",
    )


def test_control_whoever_waits_for_postgresql_brings_nothing_else_back(data: Path) -> None:
    up = Waiting(data).ready()
    servers = Servers(data)
    before = up.children()
    try:
        with held_recovery(data, servers.account):
            before["postgres"].kill()
            up.wait_for(r"^postgres ended; starting it again", within=WITHIN_S)
            before["valkey"].kill()
            # In the test above it is back before anything else is asked.
            time.sleep(8)
            assert not is_back(up, "valkey", before["valkey"].pid)
        until(lambda: is_back(up, "valkey", before["valkey"].pid), WITHIN_S)
        up.wait_until_ready()
    finally:
        up.end()


def end_early(up: Up) -> None:
    """SIGTERM now: gone within ten seconds, with status 0 and nothing left."""
    status, took, left = up.end()
    assert (status, left) == (0, []), up.output
    assert took <= 10
    assert failures_of_ours(up.output) == [], up.output


@pytest.mark.parametrize("word", ["initdb", "--single", "manage.py prepare"])
def test_the_end_during_a_first_start_takes_ten_seconds_at_most(tmp_path: Path, word: str) -> None:
    up = Up(tmp_path / "data")
    until(lambda: up.all_of(word), WITHIN_S)
    end_early(up)


def test_the_end_while_everything_is_still_being_loaded(
    data: Path, start: Callable[..., Up]
) -> None:
    loading = data / "is-loading"
    loading.unlink(missing_ok=True)
    up = start(DJANGO_SETTINGS_MODULE="tests.faults.slow_settings")
    until(loading.exists, WITHIN_S)
    end_early(up)


def test_the_end_while_postgresql_recovers(data: Path, start: Callable[..., Up]) -> None:
    start().ready().end()
    servers = Servers(data)
    with held_recovery(data, servers.account):
        up = start()
        up.wait_for(r"^PostgreSQL recovers what was under way", within=WITHIN_S)
        end_early(up)
    up = start().ready()
    with psycopg.connect(servers.database_url) as line:
        assert line.execute("SELECT count(*) > 0 FROM django_migrations").fetchall() == [(True,)]
