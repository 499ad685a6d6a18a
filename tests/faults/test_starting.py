"""Starts that were cut short, and a database that takes its time to recover."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from django.conf import settings

from running.cluster import Cluster
from running.embedded import EmbeddedError, Servers, Stopped
from running.states import State
from tests.running.terminal import answers
from tests.waiting import until

pytestmark = pytest.mark.timeout(900)

START = (
    "import sys; from pathlib import Path; from running.embedded import Servers\n"
    "Servers(Path(sys.argv[1]), with_parent=True).start(valkey=False)"
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def start_elsewhere(data: Path) -> "subprocess.Popen[bytes]":
    """A first start in a process that may be killed with all below it."""
    return subprocess.Popen([sys.executable, "-c", START, str(data)], cwd=settings.ROOT)


def below(process: "subprocess.Popen[bytes]", word: str) -> list[psutil.Process]:
    """Its descendants whose command line holds ``word``."""
    found = []
    for one in psutil.Process(process.pid).children(recursive=True):
        try:
            found += [one] * (word in " ".join(one.cmdline()))
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.mark.parametrize("word", ["initdb", "--boot", "--single"])
def test_a_first_start_killed_on_its_way_is_made_good_by_the_next(data: Path, word: str) -> None:
    first = start_elsewhere(data)
    until(lambda: below(first, word))
    first.send_signal(signal.SIGSTOP)
    everything = below(first, "")
    # What initdb runs beside is over sooner than it is stopped.
    for one in everything:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.suspend()
    first.kill()
    for one in everything:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    first.wait(10)
    left = sorted(path.name for path in data.iterdir() if path.name.startswith("postgres"))
    assert "postgres" not in left, left
    assert any(name.startswith("postgres.making-") for name in left), left
    servers = Servers(data, with_parent=True)
    servers.start(valkey=False)
    with psycopg.connect(servers.database_url) as line:
        assert line.execute("SELECT 1").fetchall() == [(1,)]
    servers.stop()


def test_what_a_killed_first_start_left_running_cannot_spoil_the_next(data: Path) -> None:
    """A program of it writes on while the next one makes its database, and after that, too."""
    left = data / "postgres.making"
    left.mkdir(mode=0o711, parents=True)
    writes = f"while :; do mkdir -p {left}/base; echo more > {left}/base/$$; done"
    writer = subprocess.Popen(["sh", "-c", writes], stderr=subprocess.DEVNULL)
    try:
        until(lambda: (left / "base").is_dir())
        servers = Servers(data, with_parent=True, careless=True)
        servers.start(valkey=False)
        assert answers(servers, "postgres")
        servers.stop()
    finally:
        writer.kill()
        writer.wait(10)
    again = Servers(data, with_parent=True, careless=True)
    again.start(valkey=False)
    again.stop()
    assert not left.exists()


def test_what_an_earlier_version_left_half_made_is_set_aside(data: Path) -> None:
    """There ``initdb`` ran in place: a folder with a version and nothing that starts."""
    servers = Servers(data, with_parent=True)
    servers.start(postgres=False)
    half = data / "postgres"
    half.mkdir(mode=0o700)
    (half / "PG_VERSION").write_text("18\n")
    (half / "base" / "1").mkdir(parents=True)
    if servers.account is not None:
        os.chown(half, servers.account, -1)
    said: list[str] = []
    again = Servers(data, with_parent=True, say=said.append)
    again.start(valkey=False)
    aside = [path for path in data.iterdir() if path.name.startswith("postgres.unfinished-")]
    assert answers(again, "postgres")
    assert [sorted(path.name for path in one.iterdir()) for one in aside] == [
        ["PG_VERSION", "base"]
    ]
    assert said == [
        f"The first start of this database was cut short; its remains are in {aside[0].name}."
    ]
    again.stop(even_if_used=True)
    servers.stop(even_if_used=True)


def test_control_left_where_it_is_a_half_made_database_never_starts(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cluster, "_set_aside_what_never_was_whole", lambda self, say: None)
    half = data / "postgres"
    half.mkdir(mode=0o700, parents=True)
    (half / "PG_VERSION").write_text("18\n")
    servers = Servers(data, with_parent=True, careless=True, start_within_s=4)
    if servers.account is not None:
        os.chown(half, servers.account, -1)
    with pytest.raises(EmbeddedError):
        servers.start(valkey=False)
    servers.stop(even_if_used=True)


class Recovery:
    """A database that recovers for as long as a file is there."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.hold = data.parent / "hold"
        self.said: list[str] = []
        self.servers = Servers(
            data, with_parent=True, say=self.said.append, start_within_s=4, careless=True
        )

    def prepare(self) -> None:
        """Leave a database that has to recover, and may not until it is let go."""
        self.servers.start(valkey=False)
        with psycopg.connect(self.servers.owner_url, autocommit=True) as line:
            line.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        self.servers.stop()
        self.hold.touch()
        self.data.parent.chmod(0o711)
        # PostgreSQL asks this command for older records first; it ends when it answers no.
        command = f"while [ -e {self.hold} ]; do sleep 0.05; done; false"
        with (self.data / "postgres" / "postgresql.auto.conf").open("a") as handle:
            handle.write(f"restore_command = '{command}'\n")
        signal_file = self.data / "postgres" / "recovery.signal"
        signal_file.touch()
        if self.servers.account is not None:
            os.chown(signal_file, self.servers.account, -1)


@pytest.fixture
def recovery(open_folder: Path) -> Iterator[Recovery]:
    made = Recovery(open_folder / "data")
    made.prepare()
    yield made
    made.hold.unlink(missing_ok=True)
    made.servers.stop(even_if_used=True)


@pytest.fixture
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that PostgreSQL's own commands can look into."""
    folder = Path(f"/tmp/endstate-recovers-{os.getpid()}-{time.time_ns()}")
    folder.mkdir(mode=0o711)
    yield folder
    # A server that is being killed may still write there.
    until(lambda: subprocess.run(["rm", "-rf", str(folder)]).returncode == 0)


def test_a_recovery_longer_than_any_start_is_waited_for_saying_so(recovery: Recovery) -> None:
    began = time.monotonic()

    def let_go_after_a_while() -> bool:
        if time.monotonic() - began > 8:
            recovery.hold.unlink(missing_ok=True)
        return False

    recovery.servers.is_stopping = let_go_after_a_while
    recovery.servers.start(valkey=False)
    assert time.monotonic() - began > 8
    with psycopg.connect(recovery.servers.database_url) as line:
        line.execute("SELECT 1")
    with psycopg.connect(recovery.servers.owner_url) as line:
        assert line.execute("SELECT answer FROM kept").fetchall() == [(42,)]
    assert recovery.said[0].startswith("PostgreSQL recovers what was under way")


def test_control_taken_for_silence_a_recovery_is_given_up(
    recovery: Recovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = recovery.servers.state_of

    def deaf(name: str) -> State:
        state = hear(name)
        return State.SILENT if state == State.RECOVERS else state

    monkeypatch.setattr(recovery.servers, "state_of", deaf)
    with pytest.raises(EmbeddedError, match="postgres did not start within"):
        recovery.servers.start(valkey=False)


def test_whoever_waits_for_a_recovery_may_stop(recovery: Recovery) -> None:
    began = time.monotonic()
    recovery.servers.is_stopping = lambda: time.monotonic() - began > 3
    with pytest.raises(Stopped):
        recovery.servers.start(valkey=False)
    assert recovery.servers.postgres_pid() is not None
    assert recovery.servers.stop(within_s=4)
    assert recovery.servers.postgres_pid() is None


def test_a_recovery_that_cannot_end_is_given_up_with_the_reason(data: Path) -> None:
    """It says that it recovers, and ends, again and again."""
    servers = Servers(data, with_parent=True, careless=True)
    servers.start(valkey=False)
    servers.stop()
    asked = data / "postgres" / "recovery.signal"
    asked.touch()
    if servers.account is not None:
        os.chown(asked, servers.account, -1)
    with pytest.raises(EmbeddedError, match="must specify"):
        servers.start(valkey=False)
    servers.stop()


def test_control_a_database_that_says_nothing_is_given_up(data: Path) -> None:
    """What is waited for is recovery, not silence."""
    servers = Servers(data, with_parent=True, careless=True, start_within_s=4)
    servers.start(valkey=False)
    pid = servers.postgres_pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    again = Servers(data, with_parent=True, careless=True, start_within_s=4)
    try:
        with pytest.raises(EmbeddedError, match="postgres did not start within"):
            again.start(valkey=False)
    finally:
        os.kill(pid, signal.SIGCONT)
        servers.stop(even_if_used=True)
        again.stop(even_if_used=True)
