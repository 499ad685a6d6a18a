"""One drawing shared by whoever needs the same state at the same moment, and never an old one."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from live import drawing
from live.drawing import Drawings
from live.rendering import version_of
from tests.live.boards import Boards, change_board, new_board, soon


@pytest.fixture
def shared(boards: Boards) -> Iterator[Drawings]:
    drawings = Drawings()
    drawings.share(shared=True)
    yield drawings
    drawings.share(shared=False)


def test_without_a_hub_everybody_draws(boards: Boards) -> None:
    board, drawings = new_board(), Drawings()
    first, second = drawings.draw(boards, board), drawings.draw(boards, board)
    assert boards.loads == 2
    assert first is not second


def test_the_same_state_is_drawn_once(boards: Boards, shared: Drawings) -> None:
    board, other = new_board(title="Payments"), new_board(title="Search")
    first = shared.draw(boards, board)
    assert first is not None
    assert shared.draw(boards, board) is first
    assert "Payments" in first.rendered["title"]
    shown = shared.draw(boards, other)
    assert shown is not None
    assert "Search" in shown.rendered["title"]
    assert boards.loads == 2


def test_whatever_was_recorded_is_seen_at_once(boards: Boards, shared: Drawings) -> None:
    board = new_board(title="Before")
    shared.draw(boards, board)
    change_board(board, title="After")
    shown = shared.draw(boards, board)
    assert shown is not None
    assert "After" in shown.rendered["title"]
    assert shown.state.version == 2


def test_a_moment_that_shows_is_not_passed_over(boards: Boards, shared: Drawings) -> None:
    board = new_board(late_at=soon(0.2))
    first = shared.draw(boards, board)
    assert first is not None
    assert not first.state.context["late"]
    threading.Event().wait(0.25)
    shown = shared.draw(boards, board)
    assert shown is not None
    assert shown.state.context["late"]


def test_what_no_version_counts_is_a_second_old_at_most(
    boards: Boards, shared: Drawings, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = new_board(note="Old name")
    shared.draw(boards, board)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE live_test_board SET note = 'New name' WHERE id = %s", [board])
    monkeypatch.setattr(drawing, "FRESH_S", 0.0)
    shown = shared.draw(boards, board)
    assert shown is not None
    assert "New name" in shown.rendered["note"]


def test_who_comes_while_it_is_drawn_waits_for_it(boards: Boards, shared: Drawings) -> None:
    board = new_board()
    boards.slow_s = 0.2
    found = []

    def look() -> None:
        found.append(shared.draw(boards, board))
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert boards.loads == 1
    assert len(set(map(id, found))) == 1


def test_what_is_gone_is_nothing(boards: Boards, shared: Drawings) -> None:
    board = new_board()
    assert shared.draw(boards, board) is not None
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM live_test_board")
    assert shared.draw(boards, board) is None


def test_a_failure_is_nobody_elses(boards: Boards, shared: Drawings) -> None:
    board = new_board()
    shared.draw(boards, board)
    boards.is_away = True
    with pytest.raises(Exception, match="shutting down"):
        shared.draw(boards, board)
    boards.is_away = False
    assert shared.draw(boards, board) is not None


def test_what_was_drawn_is_forgotten(boards: Boards, shared: Drawings) -> None:
    first = new_board()
    shared.draw(boards, first)
    for _ in range(drawing.KEPT):
        shared.draw(boards, new_board())
    loads = boards.loads
    shared.draw(boards, first)
    assert boards.loads == loads + 1
    assert len(shared._places) == drawing.KEPT


@pytest.mark.parametrize(
    ("state_id", "version"),
    [
        ("7-abc", 7),
        ("7", -1),
        ("7-", -1),
        ("²-abc", -1),
        ("٣-abc", -1),
        ("-1-abc", -1),
        ("9" * 5000 + "-abc", -1),
        ("", -1),
    ],
)
def test_a_state_that_nobody_named_is_an_old_one(state_id: str, version: int) -> None:
    assert version_of(state_id) == version
