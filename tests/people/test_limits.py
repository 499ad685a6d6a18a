"""How often a password may be tried, and that nobody keeps anybody else out by it."""

import logging

import pytest
from django.core.checks import Warning
from django.http import HttpResponse
from django.test import Client, override_settings

from clock.queries import now
from people import limits
from people.checks import check_proxies
from people.models import SignInAttempt, User
from tests.conftest import Clock
from tests.people.conftest import PASSWORD, Mail, link_in

pytestmark = pytest.mark.django_db

HERE, THERE = "192.0.2.1", "198.51.100.9"


@pytest.fixture
def maya(commander: User) -> User:
    commander.set_password(PASSWORD)
    commander.save()
    return commander


def attempt(
    password: str,
    *,
    address: str = HERE,
    login: str = "maya@example.com",
    browser: Client | None = None,
    forwarded: str = "",
) -> HttpResponse:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return (browser or Client()).post(  # type: ignore[return-value]
        "/accounts/login/",
        {"login": login, "password": password},
        REMOTE_ADDR=address,
        headers=headers,
    )


def fail(times: int, **how: str) -> None:
    for _ in range(times):
        assert attempt("wrong", **how).status_code in (200, 429)  # type: ignore[arg-type]


def test_the_sixth_try_is_not_looked_at(maya: User) -> None:
    answers = [attempt("wrong").status_code for _ in range(5)]
    refused = attempt(PASSWORD)
    assert answers == [200] * 5
    assert (refused.status_code, refused["Retry-After"]) == (429, "300")
    assert "Too many wrong tries" in refused.content.decode()


def test_five_minutes_later_it_is_looked_at_again(maya: User, clock: Clock) -> None:
    fail(9)
    clock.advance(minutes=5, seconds=1)
    assert attempt(PASSWORD).status_code == 302


def test_what_was_not_looked_at_does_not_count(maya: User, clock: Clock) -> None:
    fail(5)
    clock.advance(minutes=4)
    fail(6)
    clock.advance(minutes=1, seconds=1)
    assert attempt(PASSWORD).status_code == 302


def test_wrong_tries_elsewhere_keep_nobody_out(maya: User) -> None:
    fail(20, address=THERE)
    assert attempt(PASSWORD).status_code == 302


def test_wrong_tries_at_other_accounts_keep_nobody_out(maya: User) -> None:
    for number in range(20):
        fail(1, login=f"n{number}@example.org")
    assert attempt(PASSWORD).status_code == 302


def test_a_browser_that_is_known_passes_whatever_others_try(maya: User) -> None:
    known = Client()
    assert attempt(PASSWORD, browser=known).status_code == 302
    known.post("/accounts/logout/")
    fail(60)
    assert attempt(PASSWORD).status_code == 429
    assert attempt(PASSWORD, browser=known).status_code == 302


def test_a_known_browser_has_a_limit_of_its_own(maya: User) -> None:
    known = Client()
    attempt(PASSWORD, browser=known)
    known.post("/accounts/logout/")
    answers = [attempt("wrong", browser=known).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]


def test_a_browser_is_known_for_its_person_only(maya: User, responder: User) -> None:
    known = Client()
    attempt(PASSWORD, browser=known)
    known.post("/accounts/logout/")
    fail(5, login=responder.email)
    assert attempt("wrong", browser=known, login=responder.email).status_code == 429


def test_a_cookie_that_was_altered_makes_no_browser_known(maya: User) -> None:
    known = Client()
    attempt(PASSWORD, browser=known)
    known.post("/accounts/logout/")
    known.cookies["known"] = known.cookies["known"].value[:-1] + "-"
    fail(5)
    assert attempt(PASSWORD, browser=known).status_code == 429


def test_a_good_try_is_not_counted(maya: User) -> None:
    for _ in range(8):
        assert attempt(PASSWORD).status_code == 302
    assert SignInAttempt.objects.count() == 0


def tried(key: str, times: int) -> None:
    moment = now()
    SignInAttempt.objects.bulk_create([SignInAttempt(key=key, at=moment) for _ in range(times)])


def test_an_account_tried_from_everywhere_is_slowed_down_for_unknown_browsers(
    maya: User, clock: Clock
) -> None:
    tried(limits._account_key(maya.email), 100)
    clock.advance(minutes=59)
    within_the_hour = attempt(PASSWORD).status_code
    clock.advance(minutes=1, seconds=1)
    assert (within_the_hour, attempt(PASSWORD).status_code) == (429, 302)


def test_an_address_that_tries_account_after_account_is_slowed_down_for_itself(maya: User) -> None:
    tried(limits._digest("address", HERE), 49)
    answers = [attempt("wrong", login=f"n{number}@example.org").status_code for number in range(2)]
    assert (answers, attempt(PASSWORD).status_code) == ([200, 429], 429)
    assert attempt(PASSWORD, address=THERE).status_code == 302


def test_a_new_password_by_mail_opens_what_others_closed(
    client: Client, maya: User, mail: Mail
) -> None:
    fail(5)
    client.post("/accounts/password/reset/", {"email": maya.email}, REMOTE_ADDR=HERE)
    form = client.get(link_in(mail()[0][2]), follow=True)
    new = "a new and long password"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new}, REMOTE_ADDR=HERE)
    assert attempt(new).status_code == 302


def test_a_forged_header_resets_nothing(maya: User) -> None:
    for number in range(5):
        attempt("wrong", forwarded=f"203.0.113.{number}")
    assert attempt(PASSWORD, forwarded="203.0.113.77").status_code == 429


@override_settings(TRUSTED_PROXIES=1)
def test_behind_a_trusted_proxy_each_address_counts_for_itself(maya: User) -> None:
    for number in range(5):
        attempt("wrong", forwarded=f"203.0.113.{number}, {THERE}")
    assert attempt(PASSWORD, forwarded=f"203.0.113.99, {THERE}").status_code == 429
    assert attempt(PASSWORD, forwarded=HERE).status_code == 302


@override_settings(TRUSTED_PROXIES=3)
def test_a_header_shorter_than_the_proxies_is_no_error(maya: User) -> None:
    assert attempt(PASSWORD, forwarded=HERE).status_code == 302


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::5", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::5", "2001:db8:1:3::5", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_an_ipv6_network_counts_as_one_place(maya: User, one: str, other: str, same: bool) -> None:
    fail(5, address=one)
    assert attempt(PASSWORD, address=other).status_code == (429 if same else 302)


def test_a_header_nobody_believes_is_warned_of_once(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_warned", False)
    with caplog.at_level(logging.WARNING, logger="people.limits"):
        for _ in range(3):
            client.get("/accounts/login/", headers={"X-Forwarded-For": HERE})
    (record,) = caplog.records
    assert "TRUSTED_PROXIES is 0" in record.getMessage()


@pytest.mark.parametrize(
    ("is_https", "proxies", "warned"), [(True, 0, True), (True, 1, False), (False, 0, False)]
)
def test_an_https_address_without_a_trusted_proxy_is_warned_of_at_start(
    is_https: bool, proxies: int, warned: bool
) -> None:
    with override_settings(IS_HTTPS=is_https, TRUSTED_PROXIES=proxies):
        found = check_proxies()
    assert [type(one) for one in found] == ([Warning] if warned else [])


def test_strangers_do_not_fill_a_mailbox(client: Client, maya: User, mail: Mail) -> None:
    for _ in range(8):
        answer = client.post("/accounts/password/reset/", {"email": maya.email})
        assert answer.status_code == 302
    assert len(mail()) == 5


def test_an_unknown_address_gets_nothing(client: Client, mail: Mail) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "no@example.org"})
    assert answer.status_code == 302
    assert mail() == []
