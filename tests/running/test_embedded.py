"""The embedded PostgreSQL and Valkey: started, shared, stopped, and back after a kill."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from running.embedded import PID_FILES, Servers
from running.process import has_ended, is_running, send
from tests.running.terminal import answers


@pytest.fixture
def servers(tmp_path_factory: pytest.TempPathFactory) -> Servers:
    return Servers(tmp_path_factory.mktemp("data"), with_parent=True)


@pytest.mark.django_db
def test_the_run_is_on_a_real_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        assert cursor.fetchone() == (18,)


def test_both_start_answer_and_leave_nothing(servers: Servers) -> None:
    servers.start()
    pids = [servers.postgres_pid(), servers.valkey_pid()]
    answered = (answers(servers, "postgres"), answers(servers, "valkey"))
    assert servers.stop()
    assert answered == (True, True)
    assert [pid is not None and is_running(pid) for pid in pids] == [False, False]


def test_the_last_one_out_stops_them(servers: Servers) -> None:
    second = Servers(servers.data)
    servers.start()
    second.start()
    assert servers.stop() is False
    assert answers(second, "postgres")
    assert second.stop() is True
    assert not answers(second, "postgres")


def test_up_stops_them_under_another_command(servers: Servers) -> None:
    second = Servers(servers.data)
    second.start()
    servers.start()
    assert servers.stop(even_if_used=True) is True
    assert not answers(second, "postgres")
    second.stop()


def test_data_survives_a_kill_of_everything(servers: Servers) -> None:
    servers.start()
    with psycopg.connect(servers.owner_url) as found:
        found.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for pid in (servers.postgres_pid(), servers.valkey_pid()):
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    again = Servers(servers.data)
    again.start()
    with psycopg.connect(again.database_url) as found:
        assert found.execute("SELECT answer FROM kept").fetchall() == [(42,)]
    servers.stop()
    again.stop(even_if_used=True)


def test_a_deep_data_folder_keeps_its_sockets_elsewhere(tmp_path: Path) -> None:
    servers = Servers(tmp_path / ("deep-" * 20) / "data", with_parent=True)
    servers.start()
    noted = (servers.data / "socket_folder").read_text()
    assert noted == f"{servers.socket_folder}\n"
    assert servers.socket_folder.name.startswith("endstate-")
    assert servers.socket_folder.stat().st_mode & 0o777 == 0o700
    servers.stop()
    assert not servers.socket_folder.exists()


def test_a_data_folder_behind_a_closed_door_works(tmp_path: Path) -> None:
    """A clone under a home with mode 0700: the servers' account may search folders, no more."""
    door = tmp_path / "home"
    door.mkdir(mode=0o700)
    servers = Servers(door / "data", with_parent=True)
    servers.start()
    assert answers(servers, "postgres")
    servers.stop()


@pytest.fixture
def bystander(tmp_path: Path) -> Iterator[int]:
    """A process called like a server that works elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program = elsewhere / "postgres-valkey"
    shutil.copy(shutil.which("sleep") or "", program)
    process = subprocess.Popen([program, "600"], cwd=elsewhere)
    yield process.pid
    process.kill()
    process.wait(10)


def test_a_number_in_a_file_that_is_somebody_elses_by_now_gets_no_signal(
    servers: Servers, bystander: int
) -> None:
    """After a crash of the machine: the file names a number, and who has it is another server."""
    servers.start()
    servers.stop()
    for name, note in PID_FILES.items():
        _note(servers.data / name / note, bystander)
    assert (servers.postgres_pid(), servers.valkey_pid()) == (None, None)
    servers.start()
    assert answers(servers, "postgres")
    for name, note in PID_FILES.items():
        _note(servers.data / name / note, bystander)
        servers.send_signal(name, signal.SIGKILL)
    assert is_running(bystander)
    servers.stop()
    assert is_running(bystander)
    # The two that ran were hidden from us by our own doing.
    _end_what_works_in(servers.data)


def _note(path: Path, number: int) -> None:
    """As the server itself left it: its own file, whoever runs the tests and with what umask."""
    path.write_text(f"{number}\n")
    owner = path.parent.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def _end_what_works_in(folder: Path) -> None:
    for one in Path("/proc").glob("[0-9]*"):
        try:
            is_there = (one / "cwd").resolve().is_relative_to(folder)
        except OSError:
            continue
        if is_there:
            os.kill(int(one.name), signal.SIGKILL)


def test_control_without_asking_where_it_works_it_would_be_taken_for_the_server(
    bystander: int,
) -> None:
    assert is_running(bystander, named="postgres")
    assert not is_running(bystander, named="postgres", at=Path("/"))
    send(bystander, signal.SIGKILL, named="postgres", at=Path("/"))
    assert is_running(bystander)
    send(bystander, signal.SIGKILL, named="postgres", at=Path(f"/proc/{bystander}/cwd").resolve())
    until = time.monotonic() + 30
    while not has_ended(bystander):
        assert time.monotonic() < until
        time.sleep(0.01)
    # Not reaped: nobody else can have the number yet.
    assert Path(f"/proc/{bystander}").exists()
