"""What a page is told over its event stream: the right bytes, once, to the right people."""

import json
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import Client

from clock.queries import now
from live import hub
from live.announcing import announce
from live.hub import AUTHORISE_EVERY_S, CALM_GAP_S, HEARTBEAT_EVERY_S
from live.state_cache import show
from people.actions import issue_token
from people.models import ApiToken, Role, User
from tests.live.boards import Boards, change_board, new_board, soon
from tests.live.conftest import House, Opener, cookie_of
from tests.live.lines import Line
from tests.waiting import PATIENCE_S, until

Watch = Callable[..., Line]

FULL = (
    '<hx-partial hx-target="#title" hx-swap="outerMorph"><h2 id="title">{title}</h2></hx-partial>\n'
    '<hx-partial hx-target="#note" hx-swap="outerMorph"><section id="note" class="{late}">\n'
    "  <p>{note}</p>\n"
    "</section></hx-partial>"
)


def full(title: str = "A title", note: str = "A note", late: str = "in-time") -> str:
    """What a page in an older state gets."""
    return FULL.format(title=title, note=note, late=late)


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
    assert by_query.silent_for(0.7) and by_header.silent_for(0.1)
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


class TestWhoMayWatch:
    """The door."""

    def refused(self, line: Line) -> tuple[int, str]:
        problem = json.loads(line.body)
        assert line.headers["content-type"] == "application/problem+json"
        assert problem["status"] == line.status
        return line.status, problem["code"]

    def test_a_stranger_is_asked_to_sign_in(self, house: House, watch: Watch) -> None:
        board = new_board()
        for cookie in ("", "x" * 32, "not-a-session"):
            line = watch(house, board, cookie=cookie)
            assert self.refused(line) == (401, "unauthenticated")

    def test_a_signed_out_session_opens_nothing(
        self, house: House, watch: Watch, person: User
    ) -> None:
        client = Client()
        client.force_login(person)
        cookie = client.cookies["endstate"].value
        client.logout()
        assert self.refused(watch(house, new_board(), cookie=cookie))[0] == 401

    def test_a_session_from_before_the_password_changed_opens_nothing(
        self, house: House, watch: Watch, person: User
    ) -> None:
        cookie = cookie_of(person)
        person.set_password("something quite different")
        person.save()
        assert self.refused(watch(house, new_board(), cookie=cookie))[0] == 401

    def test_unknown_and_invisible_look_alike(self, house: House, watch: Watch) -> None:
        board = new_board(watchers=[])
        unknown = watch(house, 424242)
        invisible = watch(house, board)
        assert self.refused(unknown) == self.refused(invisible) == (404, "not_found")
        assert unknown.body == invisible.body

    def test_a_stakeholder_is_told_that_it_is_not_theirs(
        self, house: House, watch: Watch, person: User
    ) -> None:
        person.role = Role.STAKEHOLDER
        person.save()
        line = watch(house, new_board(), cookie=cookie_of(person))
        assert self.refused(line) == (403, "forbidden")

    def test_a_token_opens_what_its_person_may_see(
        self, house: House, watch: Watch, person: User
    ) -> None:
        _, secret = issue_token(person, name="wall")
        _, blind = issue_token(person, name="samples", scopes=("ingest",))
        board = new_board()
        assert watch(house, board, cookie="", token=secret).next().data == full()
        assert self.refused(watch(house, board, cookie="", token=blind))[0] == 401

    def test_a_share_link_needs_no_account_and_a_wrong_one_opens_nothing(
        self, house: House, boards: Boards
    ) -> None:
        new_board(secret="s3cret")
        line = Line(house.port, "/keys/s3cret/events/")
        assert line.next().data == full()
        wrong = Line(house.port, "/keys/wrong/events/")
        assert self.refused(wrong) == (404, "not_found")
        line.close()
        wrong.close()

    def test_nothing_but_get_and_nothing_but_known_paths(self, house: House) -> None:
        line = Line(house.port, "/elsewhere/1/events/")
        assert self.refused(line) == (404, "not_found")
        line.close()

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_a_stream_is_only_read(
        self, house: House, boards: Boards, watch: Watch, method: str
    ) -> None:
        line = watch(house, new_board(), method=method)
        assert self.refused(line) == (405, "method_not_allowed")
        assert line.headers["allow"] == "GET"
        assert boards.questions == [] and house.hub.viewers == 0

    def test_a_crowd_is_asked_about_at_once(
        self, open_house: Opener, boards: Boards, watch: Watch
    ) -> None:
        house = open_house(authorise_every=60.0, redraw_every=60.0, look_every=60.0)
        board = new_board()
        lines = [watch(house, board) for _ in range(60)]
        assert {line.next().data for line in lines} == {full()}
        assert len(boards.questions) <= 100


class TestWhoLosesAccess:
    """The stream ends within five seconds, and nothing is pushed before that is known."""

    def test_somebody_taken_off_gets_no_push_and_the_others_do(
        self, house: House, watch: Watch, person: User
    ) -> None:
        other = User.objects.create_user("other@example.test", None, name="Otto Other")
        board = new_board(watchers=[person.pk, other.pk])
        line, others = watch(house, board), watch(house, board, cookie=cookie_of(other))
        line.next()
        others.next()
        change_board(board, watchers=[other.pk], note="Only for those who may")
        assert "Only for those who may" in others.next().data
        assert line.ended.wait(PATIENCE_S)
        assert line.ended_cleanly and line.messages.empty()

    def test_without_any_change_the_stream_ends_within_five_seconds(
        self, house: House, watch: Watch, person: User
    ) -> None:
        board = new_board(watchers=[person.pk])
        line = watch(house, board)
        line.next()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE live_test_board SET watchers = '{}'")
        assert line.ended.wait(PATIENCE_S)
        assert line.ended_cleanly and line.messages.empty()

    def test_a_page_that_nobody_draws_anew_ends_as_soon(
        self, open_house: Opener, watch: Watch, person: User
    ) -> None:
        house = open_house(authorise_every=0.3, redraw_every=600.0, look_every=600.0)
        board = new_board(watchers=[person.pk])
        line = watch(house, board)
        line.next()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE live_test_board SET watchers = '{}'")
        assert line.ended.wait(PATIENCE_S)
        assert line.ended_cleanly and line.messages.empty()

    def test_a_deactivated_account_gets_no_push(
        self, house: House, watch: Watch, person: User
    ) -> None:
        board = new_board()
        line = watch(house, board)
        line.next()
        User.objects.filter(pk=person.pk).update(is_active=False)
        change_board(board, note="Not for them")
        assert line.ended.wait(PATIENCE_S)
        assert line.messages.empty()

    def test_signing_out_ends_the_stream_of_that_session_only(
        self, house: House, watch: Watch, person: User
    ) -> None:
        client = Client()
        client.force_login(person)
        board = new_board()
        gone = watch(house, board, cookie=client.cookies["endstate"].value)
        stays = watch(house, board)
        gone.next()
        stays.next()
        client.logout()
        change_board(board, note="For who stayed")
        assert gone.ended.wait(PATIENCE_S)
        assert gone.messages.empty()
        assert "For who stayed" in stays.next().data

    def test_a_revoked_token_and_a_changed_password_end_their_streams_only(
        self, house: House, watch: Watch, person: User
    ) -> None:
        token, secret = issue_token(person, name="wall")
        other = User.objects.create_user("other@example.test", None, name="Otto Other")
        board = new_board()
        revoked = watch(house, board, cookie="", token=secret)
        changed = watch(house, board, cookie=cookie_of(other))
        stays = watch(house, board)
        for line in (revoked, changed, stays):
            line.next()
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=now())
        other.set_password("something quite different")
        other.save()
        change_board(board, note="For who stayed")
        assert "For who stayed" in stays.next().data
        for line in (revoked, changed):
            assert line.ended.wait(PATIENCE_S)
            assert line.messages.empty()

    def test_a_revoked_link_closes_its_stream(self, house: House, boards: Boards) -> None:
        board = new_board(secret="s3cret")
        line = Line(house.port, "/keys/s3cret/events/")
        line.next()
        change_board(board, secret=None, note="Not for them")
        assert line.ended.wait(PATIENCE_S)
        assert line.messages.empty()
        line.close()

    def test_a_topic_that_is_gone_ends_its_streams(self, house: House, watch: Watch) -> None:
        board = new_board()
        line = watch(house, board)
        line.next()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM live_test_board")
        assert line.ended.wait(PATIENCE_S)
        assert line.ended_cleanly
