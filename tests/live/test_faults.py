"""The stream when the broker, a reader or the process itself fails. Each has servers of its own."""

import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import connection

from live import bell
from live.announcing import announce
from running.embedded import Servers
from running.protocol import Protocol
from tests.live.boards import Boards, change_board, new_board
from tests.live.conftest import House, Opener, give_back
from tests.live.lines import Message, Watch
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def broker(settings: Any) -> Iterator[Servers]:
    """A Valkey for this test alone, which is free to be harmed."""
    with tempfile.TemporaryDirectory(prefix="endstate-fault-") as folder:
        servers = Servers(Path(folder), careless=True, with_parent=True)
        servers.start(postgres=False)
        settings.REDIS_URL = servers.redis_url
        bell.flush(PATIENCE_S)
        yield servers
        pid = servers.valkey_pid()
        if pid is not None and psutil.pid_exists(pid):
            os.kill(pid, signal.SIGCONT)
        servers.stop(even_if_used=True)


def ring_without_waiting() -> None:
    """Announce a hundred changes while the broker takes none.

    The bell gives each up only after a while, so that whoever waited for it could not be back while
    it still has some.
    """
    for number in range(100):
        announce(f"test-board:{number + 1000}")
    assert not bell.flush(0)


def pid_of(broker: Servers) -> int:
    pid = broker.valkey_pid()
    assert pid is not None
    return pid


def test_with_the_broker_gone_changes_still_arrive_and_it_is_taken_up_again(
    broker: Servers, open_house: Opener, watch: Watch
) -> None:
    house = open_house(look_every=0.5, redraw_every=3600)
    board = new_board()
    line = watch(house, board)
    line.next()
    os.kill(pid_of(broker), signal.SIGKILL)
    until(lambda: not house.hub.is_listening)
    ring_without_waiting()
    change_board(board, note="Without the broker")
    assert "Without the broker" in line.next().data
    broker.start(postgres=False)
    until(lambda: house.hub.is_listening)
    bell.flush(PATIENCE_S)
    # Under the same number: whoever compares numbers sees nothing, so the bell must have rung.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE live_test_board SET note = 'With it again' WHERE id = %s", [board])
    announce(f"test-board:{board}")
    assert "With it again" in line.next().data


def test_a_frozen_broker_holds_up_nobody(broker: Servers, open_house: Opener, watch: Watch) -> None:
    house = open_house(look_every=0.5)
    board = new_board()
    line = watch(house, board)
    line.next()
    frozen = pid_of(broker)
    os.kill(frozen, signal.SIGSTOP)
    try:
        ring_without_waiting()
        change_board(board, note="Not slower")
        assert "Not slower" in line.next().data
    finally:
        os.kill(frozen, signal.SIGCONT)
    change_board(board, note="Thawed")
    assert "Thawed" in line.next().data
    assert bell.flush(PATIENCE_S)


def test_a_house_opens_without_any_broker(
    broker: Servers, boards: Boards, watch: Watch, settings: Any
) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock?db=0"
    house = House(look_every=0.5)
    try:
        board = new_board()
        line = watch(house, board)
        line.next()
        change_board(board, note="Seen by its number")
        assert "Seen by its number" in line.next().data
    finally:
        house.stop()
        give_back(house)


@pytest.mark.parametrize("http", [Protocol, "httptools"], ids=["lent", "not-lent"])
def test_a_reader_that_stops_reading_gets_the_newest_state_and_delays_nobody(
    open_house: Opener, watch: Watch, http: Any
) -> None:
    house = open_house(http=http)
    board = new_board()
    fast = watch(house, board)
    fast.next()
    slow = watch(house, board, reads=False, receive_buffer=4096)
    process = psutil.Process()
    time.sleep(0.3)
    before = process.memory_info().rss
    for number in range(40):
        change_board(board, note=f"{number:03} " + "x" * 200_000)
        assert f"{number:03} " in fast.next().data
        time.sleep(0.1)
    (stream,) = (
        one for watchers in house.hub.watched.values() for one in watchers.streams if one.is_blocked
    )
    assert stream.is_behind
    assert process.memory_info().rss - before < 20_000_000
    slow.start_reading()
    seen: list[Message] = []
    while not seen or "039 " not in seen[-1].data:
        seen.append(slow.next())
    assert len(seen) <= 6
    assert 'id="title"' in seen[-1].data
    assert not stream.is_blocked and not stream.is_behind


def test_a_reader_that_lost_access_while_blocked_is_cut_off(
    open_house: Opener, boards: Boards, watch: Watch, person: Any
) -> None:
    house = open_house(authorise_every=0.5)
    board = new_board(watchers=[person.pk])
    slow = watch(house, board, reads=False, receive_buffer=4096)
    until(lambda: house.hub.viewers == 1)
    for number in range(12):
        change_board(board, note=f"{number} " + "x" * 200_000)
        time.sleep(0.12)
    change_board(board, watchers=[], note="Not for them")
    until(lambda: house.hub.viewers == 0)
    slow.start_reading()
    assert slow.ended.wait(PATIENCE_S)
    assert not any("Not for them" in message.data for message in slow.messages.queue)


def test_the_end_of_the_process_ends_every_stream_cleanly_and_spreads_the_return(
    open_house: Opener, watch: Watch
) -> None:
    house = open_house()
    board = new_board()
    lines = [watch(house, board) for _ in range(60)]
    ids = {line.next().id for line in lines}
    stuck = watch(house, board, reads=False, receive_buffer=4096)
    house.stop()
    farewells = [line.next() for line in lines]
    assert all(line.ended.wait(PATIENCE_S) and line.ended_cleanly for line in lines)
    assert {message.event for message in farewells} == {"bye"}
    assert {message.id for message in farewells} == ids
    waits = {message.retry for message in farewells}
    assert len(waits) > 40
    assert all(wait is not None and 500 <= wait <= 5000 for wait in waits)
    stuck.close()


def test_viewers_who_leave_leave_nothing_behind(open_house: Opener, watch: Watch) -> None:
    house = open_house()
    board = new_board()
    lines = [watch(house, board) for _ in range(20)]
    for line in lines:
        line.next()
    for line in lines[:10]:
        line.close()
    for line in lines[10:]:
        line._socket.shutdown(socket.SHUT_RDWR)
    until(lambda: house.hub.viewers == 0 and not house.hub.watched)


def test_viewers_cost_no_database_connection(
    open_house: Opener, watch: Watch, boards: Boards
) -> None:
    def connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            )
            (count,) = cursor.fetchone()
        return int(count)

    house = open_house()
    # Servers of earlier tests may still be letting go of theirs, so only the growth counts.
    before = connections()
    lines = [watch(house, new_board()) for _ in range(30)]
    for line in lines:
        line.next()
    assert connections() - before <= 2
