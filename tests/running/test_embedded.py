"""The embedded PostgreSQL and Valkey: started, shared, stopped, and back after a kill."""

import os
import signal
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from running.embedded import Servers
from running.process import is_running


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
    answered = (servers.postgres_answers(), servers.valkey_answers())
    assert servers.stop()
    assert answered == (True, True)
    assert [pid is not None and is_running(pid) for pid in pids] == [False, False]


def test_the_last_one_out_stops_them(servers: Servers) -> None:
    second = Servers(servers.data)
    servers.start()
    second.start()
    assert servers.stop() is False
    assert second.postgres_answers()
    assert second.stop() is True
    assert not second.postgres_answers()


def test_up_stops_them_under_another_command(servers: Servers) -> None:
    second = Servers(servers.data)
    second.start()
    servers.start()
    assert servers.stop(even_if_used=True) is True
    assert not second.postgres_answers()
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
    assert servers.postgres_answers()
    servers.stop()
