"""Who may open and who may post to every page: walked from ``urlpatterns``, compared with a table.

An address that stands in no table fails. The API's operations are walked by
``tests.api.test_access``, its documentation here.
"""

import copy

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from tests.matrix.addresses import ROLES, Address, Cast, addresses, an_object_of, world_of
from tests.matrix.pages import (
    ABOUT_INCIDENTS,
    ACCOUNTS_FOR_ALL,
    ACCOUNTS_OF_ONES_OWN,
    ADMIN_FOR_ALL,
    OTHERS,
)

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

METHODS = ("GET", "POST")
REFUSALS = {401: "s", 403: "f", 404: "n", 405: "x"}
SIGN_IN = ("/accounts/login/?", "/accounts/reauthenticate/?", "/admin/login/?")


def answer_to(browser: Client, method: str, path: str) -> str:
    """The letter of ``pages`` for what that person is answered; what a POST did is undone.

    Each call is a browser's of its own that is signed in like ``browser``.
    """
    fresh = Client()
    fresh.cookies = copy.deepcopy(browser.cookies)
    with transaction.atomic():
        answer = fresh.get(path) if method == "GET" else fresh.post(path)
        transaction.set_rollback(True)
    if answer.headers.get("Location", "").startswith(SIGN_IN):
        return "s"
    return REFUSALS.get(answer.status_code, "5" if answer.status_code >= 500 else "m")


def of_the_admin(address: Address) -> bool:
    return address.name.startswith("admin:")


def test_every_address_stands_in_one_table() -> None:
    names = [one.name for one in addresses() if not of_the_admin(one)]
    tables = [*ABOUT_INCIDENTS, *OTHERS, *ACCOUNTS_FOR_ALL, *ACCOUNTS_OF_ONES_OWN]
    assert sorted(names) == sorted(tables)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
@pytest.mark.parametrize("role", ROLES)
def test_who_may_at_every_address_of_an_incident(
    cast: Cast, role: str, private: bool, method: str
) -> None:
    world = world_of(cast.incident(private=private), by=cast.people["commander"])
    browser = cast.browser(role)
    found = {
        one.name: answer_to(browser, method, one.filled(world))
        for one in addresses()
        if one.name in ABOUT_INCIDENTS
    }
    cells = {name: row[method == "POST"] for name, row in ABOUT_INCIDENTS.items()}
    assert found == {name: cell.split()[private][ROLES.index(role)] for name, cell in cells.items()}


def test_a_share_link_opens_its_page_and_nothing_else(cast: Cast) -> None:
    world = world_of(cast.incident(private=False), by=cast.people["commander"])
    browser = Client()
    page = browser.get(f"/s/{world['token']}/")
    assert page.status_code == 200
    # It leaves nothing behind that would open more: no session, no account.
    assert settings.SESSION_COOKIE_NAME not in page.cookies
    assert {
        one.name: answer_to(browser, "GET", one.filled(world))
        for one in addresses()
        if one.name in ABOUT_INCIDENTS
    } == {name: row[0].split()[0][0] for name, row in ABOUT_INCIDENTS.items()}


@pytest.mark.parametrize("role", ROLES)
def test_who_may_at_every_other_address(cast: Cast, role: str) -> None:
    world = world_of(cast.incident(private=False), by=cast.people["commander"])
    browser = cast.browser(role)
    found = {
        one.name: tuple(answer_to(browser, method, one.filled(world)) for method in METHODS)
        for one in addresses()
        if one.name in OTHERS
    }
    place = ROLES.index(role)
    assert found == {name: (get[place], post[place]) for name, (get, post) in OTHERS.items()}


def test_what_belongs_to_an_account_is_shown_to_nobody_else(cast: Cast) -> None:
    world = world_of(cast.incident(private=False), by=cast.people["commander"])
    found = {
        one.name: {answer_to(Client(), method, one.filled(world)) for method in METHODS}
        for one in addresses()
        if one.name in ACCOUNTS_OF_ONES_OWN
    }
    assert found == {name: {"s"} for name in ACCOUNTS_OF_ONES_OWN}


@pytest.mark.parametrize("role", ROLES)
def test_the_admin_is_for_administrators_only(cast: Cast, role: str) -> None:
    world = world_of(cast.incident(private=False), by=cast.people["commander"])
    browser, answered = cast.browser(role), {}
    for one in filter(of_the_admin, addresses()):
        if "object_id" in one.words and "content_type_id" not in one.words:
            world["object_id"] = an_object_of(one) or "none"
        path = one.filled({"object_id": 1, **world})
        answers = {answer_to(browser, method, path) for method in METHODS}
        if "m" in answers or "5" in answers:
            answered[one.name] = answers
    if role == "admin":
        assert not any("5" in answers for answers in answered.values())
        assert {"admin:index", "admin:people_user_change", "admin:incidents_service_add"} <= {
            *answered
        }
    else:
        assert set(answered) <= ADMIN_FOR_ALL
