"""One rendered state, shared by whoever needs it at the same moment, and never an old one."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from live import state_cache as caching
from live.state_cache import StateCache
from tests.live.boards import Boards, change_board, new_board, soon


@pytest.fixture
def shared(boards: Boards, monkeypatch: pytest.MonkeyPatch) -> Iterator[StateCache]:
    """One whose states do not grow old by themselves, however slow the machine is."""
    monkeypatch.setattr(caching, "FRESH_S", 600.0)
    cache = StateCache()
    cache.share(shared=True)
    yield cache
    cache.share(shared=False)


def test_without_a_hub_everybody_draws(boards: Boards) -> None:
    board, cache = new_board(), StateCache()
    first, second = cache.get(boards, board), cache.get(boards, board)
    assert boards.loads == 2
    assert first is not second


def test_the_same_state_is_drawn_once(boards: Boards, shared: StateCache) -> None:
    board, other = new_board(title="Payments"), new_board(title="Search")
    first = shared.get(boards, board)
    assert first is not None
    assert shared.get(boards, board) is first
    assert "Payments" in first.rendered["title"]
    shown = shared.get(boards, other)
    assert shown is not None
    assert "Search" in shown.rendered["title"]
    assert boards.loads == 2


def test_whatever_was_recorded_is_seen_at_once(boards: Boards, shared: StateCache) -> None:
    board = new_board(title="Before")
    shared.get(boards, board)
    change_board(board, title="After")
    shown = shared.get(boards, board)
    assert shown is not None
    assert "After" in shown.rendered["title"]
    assert shown.state.version == 2


def test_a_moment_that_shows_is_not_passed_over(boards: Boards, shared: StateCache) -> None:
    board = new_board(late_at=soon(0.2))
    first = shared.get(boards, board)
    assert first is not None
    assert not first.state.context["late"]
    threading.Event().wait(0.25)
    shown = shared.get(boards, board)
    assert shown is not None
    assert shown.state.context["late"]


def test_what_no_version_counts_is_a_second_old_at_most(
    boards: Boards, shared: StateCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = new_board(note="Old name")
    shared.get(boards, board)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE live_test_board SET note = 'New name' WHERE id = %s", [board])
    monkeypatch.setattr(caching, "FRESH_S", 0.0)
    shown = shared.get(boards, board)
    assert shown is not None
    assert "New name" in shown.rendered["note"]


def test_who_comes_while_it_is_drawn_waits_for_it(boards: Boards, shared: StateCache) -> None:
    board = new_board()
    boards.slow_s = 0.2
    found = []

    def look() -> None:
        found.append(shared.get(boards, board))
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert boards.loads == 1
    assert len(set(map(id, found))) == 1


def test_a_version_that_the_caller_read_is_not_read_again(
    boards: Boards, shared: StateCache, django_assert_num_queries: Any
) -> None:
    """An older one is served what is newer; a newer one has the state drawn."""
    board = new_board(title="Before")
    first = shared.get(boards, board)
    assert first is not None
    with django_assert_num_queries(0):
        assert shared.get(boards, board, version=first.state.version) is first
    change_board(board, title="After")
    newer = shared.get(boards, board, version=first.state.version + 1)
    assert newer is not None
    assert "After" in newer.rendered["title"]
    assert shared.get(boards, board, version=first.state.version) is newer


def test_what_is_gone_is_nothing(boards: Boards, shared: StateCache) -> None:
    board = new_board()
    assert shared.get(boards, board) is not None
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM live_test_board")
    assert shared.get(boards, board) is None


def test_a_failure_is_nobody_elses(boards: Boards, shared: StateCache) -> None:
    board = new_board()
    shared.get(boards, board)
    boards.is_away = True
    with pytest.raises(Exception, match="shutting down"):
        shared.get(boards, board)
    boards.is_away = False
    assert shared.get(boards, board) is not None


def test_what_was_drawn_is_forgotten(boards: Boards, shared: StateCache) -> None:
    first = new_board()
    shared.get(boards, first)
    for _ in range(caching.KEPT):
        shared.get(boards, new_board())
    loads = boards.loads
    shared.get(boards, first)
    assert boards.loads == loads + 1
    assert len(shared._slots) == caching.KEPT
