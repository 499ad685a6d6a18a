"""Signing in by single sign-on while the issuer is asked about the same person again."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from people.models import Role, SingleSignOn, User
from people.rechecking import recheck_due
from tests.conftest import Clock
from tests.incidents.board.test_board_races import waiting
from tests.people.issuer import Provider
from tests.people.test_single_sign_on import is_in, issuer, lena, person
from tests.waiting import until

__all__ = ["issuer"]

pytestmark = pytest.mark.django_db(transaction=True)

Said = dict[str, Any]
WITHIN_S = 60


class Held:
    """Keeps the answer to whoever asks first until it ``may_go``, then gives it as it was.

    Or as ``first`` says; ``others`` is what everybody else hears.
    """

    def __init__(self, first: str = "200 OK", others: str = "200 OK") -> None:
        self.asked, self.may_go = threading.Event(), threading.Event()
        self._first, self._others = first, others

    def __call__(self, said: Said) -> tuple[str, Said]:
        if self.asked.is_set():
            return self._others, said
        self.asked.set()
        assert self.may_go.wait(WITHIN_S)
        return self._first, said


class Beside(threading.Thread):
    """Does something on a connection of its own; ``done`` answers with what came of it."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._act = act
        self._answer: Any = None
        self.start()

    def run(self) -> None:
        """Do it."""
        try:
            self._answer = self._act()
        except Exception as error:
            self._answer = error
        finally:
            connections.close_all()

    def done(self) -> Any:
        """What came of it."""
        self.join(WITHIN_S)
        assert not self.is_alive()
        return self._answer


@pytest.fixture
def before(issuer: Provider, client: Client, admin: User, clock: Clock) -> Client:
    """A browser that signed in so long ago that the issuer is to be asked again."""
    lena(issuer, groups=["eng"])
    issuer.sign_in(client, "lena")
    clock.advance(hours=13)
    return client


@pytest.mark.parametrize("answer", ["200 OK", "403 Forbidden"])
def test_who_signs_in_anew_while_the_issuer_thinks_keeps_role_and_sessions(
    issuer: Provider, before: Client, answer: str
) -> None:
    held = Held(first=answer)
    issuer.says = {"/userinfo": held}
    asking = Beside(recheck_due)
    assert held.asked.wait(WITHIN_S)
    lena(issuer, groups=["ops-admins"])
    fresh = Client()
    assert issuer.sign_in(fresh, "lena").status_code == 302
    held.may_go.set()
    assert asking.done() == 1
    assert person("lena@example.org")[1] == Role.ADMIN
    assert (is_in(fresh), is_in(before), recheck_due()) == (True, True, 0)


@pytest.mark.parametrize("answer", ["200 OK", "403 Forbidden"])
def test_what_the_issuer_says_while_somebody_signs_in_is_not_undone_by_what_it_said_before(
    issuer: Provider, before: Client, answer: str
) -> None:
    lena(issuer, groups=["ops-admins"])
    held, fresh = Held(others=answer), Client()
    issuer.says = {"/userinfo": held}
    signing_in = Beside(lambda: issuer.sign_in(fresh, "lena").status_code)
    assert held.asked.wait(WITHIN_S)
    lena(issuer, groups=["eng"])
    assert recheck_due() == 1
    assert is_in(before) is (answer == "200 OK")
    held.may_go.set()
    assert signing_in.done() == 302
    assert (is_in(fresh), person("lena@example.org")[1]) == (True, Role.RESPONDER)
    # Nobody knows which of the two holds, so it is asked at once and not in twelve hours.
    issuer.says = {}
    assert (recheck_due(), recheck_due()) == (1, 0)
    assert (is_in(fresh), person("lena@example.org")[1]) == (True, Role.RESPONDER)


def test_asking_and_signing_in_never_wait_for_each_other_for_ever(
    issuer: Provider, before: Client
) -> None:
    held, fresh = Held(), Client()
    issuer.says = {"/userinfo": held}
    asking = Beside(recheck_due)
    assert held.asked.wait(WITHIN_S)
    lena(issuer, groups=["ops-admins"])
    with transaction.atomic():
        # Who gives or takes a role looks at every manager first.
        list(User.objects.admins().select_for_update())
        signing_in = Beside(lambda: issuer.sign_in(fresh, "lena").status_code)
        until(lambda: waiting() >= 1)
        held.may_go.set()
        until(lambda: waiting() >= 2)
    assert (asking.done(), signing_in.done()) == (1, 302)
    assert (is_in(fresh), person("lena@example.org")[1]) == (True, Role.ADMIN)
    assert SingleSignOn.objects.get().next_check_at is not None
