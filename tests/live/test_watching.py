"""Who may watch a page over its stream, and who loses access while watching."""

import json

import pytest
from django.db import connection
from django.test import Client

from clock.queries import now
from people.actions import issue_token
from people.models import ApiToken, Role, User
from tests.live.boards import Boards, change_board, full, new_board
from tests.live.conftest import House, Opener, cookie_of
from tests.live.lines import Line, Watch
from tests.waiting import PATIENCE_S, until


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

    def test_whoever_loses_it_while_a_change_is_being_read_is_not_told_of_it(
        self, house: House, boards: Boards, watch: Watch, person: User
    ) -> None:
        client = Client()
        client.force_login(person)
        taken_off = User.objects.create_user("other@example.test", None, name="Otto Other")
        board = new_board(watchers=[person.pk, taken_off.pk])
        lines = [
            watch(house, board, cookie=client.cookies["endstate"].value),
            watch(house, board, cookie=cookie_of(taken_off)),
        ]
        stays = watch(house, board)
        for line in (*lines, stays):
            line.next()
        loads = boards.loads
        boards.may_read.clear()
        change_board(board, title="Being read")
        until(lambda: boards.loads > loads)
        client.logout()
        change_board(board, ring=False, watchers=[person.pk], note="For who stayed")
        boards.may_read.set()
        assert "For who stayed" in stays.next().data
        for line in lines:
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
