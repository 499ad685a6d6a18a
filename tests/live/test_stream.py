"""What a page is told over its event stream: the right bytes, once, to the right people."""

import time

import pytest
from django.db import transaction

from clock.queries import now
from live import hub
from live.announcing import announce
from live.hub import AUTHORISE_EVERY_S, CALM_GAP_S, HEARTBEAT_EVERY_S
from live.state_cache import show
from people.models import User
from tests.live.boards import Boards, change_board, full, new_board, soon
from tests.live.conftest import House, Opener, cookie_of
from tests.live.lines import Watch
from tests.waiting import PATIENCE_S, until


def test_the_answer_is_a_stream_that_nothing_on_the_way_holds_back(
    house: House, watch: Watch
) -> None:
    line = watch(house, new_board())
    assert (line.status, line.headers["content-type"]) == (
        200,
        "text/event-stream; charset=utf-8",
    )
    assert line.headers["cache-control"] == "no-store"
    assert line.headers["x-accel-buffering"] == "no"


def test_a_page_without_a_state_gets_the_current_one_at_once(
    house: House, boards: Boards, watch: Watch
) -> None:
    board = new_board()
    message = watch(house, board).next()
    shown = show(boards, board)
    assert shown is not None
    assert (message.id, message.event, message.data) == (shown.state_id, "", full())


def test_a_page_in_the_current_state_hears_nothing_until_the_next_change(
    house: House, boards: Boards, watch: Watch
) -> None:
    board = new_board()
    shown = show(boards, board)
    assert shown is not None
    by_query = watch(house, board, query=f"?at={shown.state_id}")
    by_header = watch(house, board, query="?at=0-old", last=shown.state_id)
    house.wait_until_shown(2)
    assert by_query.silent_for(0.5) and by_header.silent_for(0.1)
    change_board(board, title="Checkout is down")
    one, other = by_query.next(), by_header.next()
    assert one.data == (
        '<hx-partial hx-target="#title" hx-swap="outerMorph">'
        '<h2 id="title">Checkout is down</h2></hx-partial>'
    )
    assert one.raw == other.raw
    after = show(boards, board)
    assert after is not None and one.id == after.state_id


def test_a_page_in_an_older_state_gets_the_current_one_at_once(
    house: House, boards: Boards, watch: Watch
) -> None:
    board = new_board()
    shown = show(boards, board)
    assert shown is not None
    change_board(board, note="It moved on")
    assert watch(house, board, last=shown.state_id).next().data == full(note="It moved on")


def test_two_viewers_get_the_same_bytes_drawn_once(
    open_house: Opener, boards: Boards, watch: Watch, person: User
) -> None:
    house = open_house(look_every=3600, redraw_every=3600)
    board = new_board()
    other = User.objects.create_user("other@example.test", None, name="Otto Other")
    lines = [watch(house, board), watch(house, board, cookie=cookie_of(other))]
    assert [line.next().data for line in lines] == [full(), full()]
    loads = boards.loads
    change_board(board, note="Once for everybody")
    one, two = (line.next() for line in lines)
    assert one.raw == two.raw and "Once for everybody" in one.data
    assert boards.loads == loads + 1


def test_a_server_that_lends_no_connection_sends_the_same_bytes(
    open_house: Opener, watch: Watch
) -> None:
    board = new_board()
    houses = [open_house(), open_house(http="httptools")]
    lines = [watch(house, board) for house in houses]
    streams = [
        stream
        for house in houses
        for watchers in house.hub.watched.values()
        for stream in watchers.streams
    ]
    assert [stream._wire is not None for stream in streams] == [True, False]
    for line in lines:
        line.next()
    change_board(board, note="Žofie says: " + "the same either way. " * 4000)
    one, other = (line.next() for line in lines)
    assert "the same either way" in one.data and one.raw == other.raw
    for house in houses:
        house.stop()
    assert [line.next().event for line in lines] == ["bye", "bye"]
    assert all(line.ended.wait(PATIENCE_S) and line.ended_cleanly for line in lines)


def test_a_region_that_looks_the_same_is_not_sent(house: House, watch: Watch) -> None:
    board = new_board()
    line = watch(house, board)
    line.next()
    change_board(board, note="Only this one")
    message = line.next()
    assert 'id="note"' in message.data and 'id="title"' not in message.data
    change_board(board)
    assert line.silent_for(0.6)


def test_many_changes_at_once_become_few_messages_and_the_last_one_wins(
    house: House, boards: Boards, watch: Watch
) -> None:
    board = new_board()
    line = watch(house, board)
    line.next()
    for number in range(40):
        change_board(board, note=f"Number {number}.")
    seen = [line.next()]
    while "Number 39." not in seen[-1].data:
        seen.append(line.next())
    assert len(seen) <= 10
    assert line.silent_for(0.4)


def test_measurements_redraw_once_a_second_at_most_and_a_change_does_not_wait_for_them(
    open_house: Opener, boards: Boards, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(look_every=3600, redraw_every=3600)
    board = new_board()
    line = watch(house, board)
    line.next()
    began, loads = time.monotonic(), boards.loads
    while time.monotonic() < began + 2.5:
        change_board(board, calm=True, note=f"{time.monotonic()}")
        time.sleep(0.02)
    assert boards.loads - loads <= 2 + (time.monotonic() - began) / CALM_GAP_S
    # With an hour between two of them, only a change that does not wait for them is seen.
    monkeypatch.setattr(hub, "CALM_GAP_S", 3600.0)
    change_board(board, calm=True, note="The last one measured")
    change_board(board, title="By hand")
    while "By hand" not in line.next().data:
        pass


def test_text_with_any_kind_of_line_end_arrives_as_it_was(house: House, watch: Watch) -> None:
    board = new_board(note="one\r\ntwo\rthree\u2028four <hx-partial> &")
    assert (
        "<p>one\ntwo\nthree\u2028four &lt;hx-partial&gt; &amp;</p>"
        in watch(house, board).next().data
    )


def test_a_rollback_tells_nobody_and_a_commit_everybody(house: House, watch: Watch) -> None:
    board = new_board()
    line = watch(house, board)
    line.next()

    @transaction.atomic
    def change_and_fail() -> None:
        change_board(board, note="Never happened")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert line.silent_for(0.5)
    with transaction.atomic():
        change_board(board, note="Happened")
        assert line.silent_for(0.5)
    assert "Happened" in line.next().data


def test_what_time_alone_changes_is_shown_in_time(open_house: Opener, watch: Watch) -> None:
    # Nobody looks by themselves: only the moment that the state names brings the message.
    house = open_house(look_every=3600, redraw_every=3600)
    board = new_board()
    line = watch(house, board)
    assert line.next().data == full()
    late_at = soon(1.2)
    change_board(board, late_at=late_at)
    message = line.next()
    assert 'class="late"' in message.data
    assert now() >= late_at


def test_a_lost_bell_costs_seconds_only(open_house: Opener, watch: Watch) -> None:
    house = open_house(look_every=0.3)
    board = new_board()
    line = watch(house, board)
    line.next()
    change_board(board, ring=False, note="Nobody rang")
    assert "Nobody rang" in line.next().data


def test_an_announcement_of_nothing_known_harms_nobody(house: House, watch: Watch) -> None:
    line = watch(house, new_board())
    line.next()
    announce("nothing")
    announce("test-board:no-number")
    announce("test-board:999999")
    assert line.silent_for(0.4)


@pytest.mark.parametrize("beats", [False, True])
def test_the_line_gives_signs_of_life(open_house: Opener, watch: Watch, beats: bool) -> None:
    house = open_house(heartbeat_every=0.3, look_every=0.1)
    began = time.monotonic()
    line = watch(house, new_board(), query="?beat" if beats else "")
    messages = [line.next()]
    while messages[-1].event == "beat":
        messages.append(line.next())

    def rhythm() -> int:
        return sum(comment == b": beat" for _, comment in line.comments)

    until(lambda: rhythm() >= 2)
    assert rhythm() <= 2 + (time.monotonic() - began) / 0.3
    if beats:
        message = line.next()
        word, moment = message.data.split(" ")
        assert (message.event, message.id, word) == ("beat", "", "live")
        assert moment.startswith("20")
        assert moment.endswith("+00:00")
    else:
        assert line.silent_for(0.1)


def test_the_heartbeat_of_the_product_is_often_enough() -> None:
    assert HEARTBEAT_EVERY_S <= 20 and AUTHORISE_EVERY_S < 5
