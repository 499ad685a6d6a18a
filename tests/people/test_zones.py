"""UX 20: who never chose a zone reads times by the clock of the browser they sign in with."""

from typing import Any

import pytest
from django.test import Client

from people.actions import change_preferences, take_zone
from people.invitations import invite
from people.models import User
from tests.people.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(person: User, zone: str) -> Client:
    """A browser in that zone, signed in by the page."""
    browser = Client()
    browser.cookies["zone"] = zone
    sent = {"login": person.email, "password": PASSWORD}
    assert browser.post("/accounts/login/", sent).status_code == 302
    return browser


@pytest.fixture
def newcomer(responder: User) -> User:
    """Somebody with a password who never chose a zone."""
    responder.set_password(PASSWORD)
    responder.save()
    return responder


def test_the_browsers_zone_is_taken_at_each_sign_in_until_one_is_chosen(newcomer: User) -> None:
    page = sign_in(newcomer, "Asia/Tokyo").get("/").content.decode()
    newcomer.refresh_from_db()
    assert (newcomer.time_zone, newcomer.zone_is_chosen) == ("Asia/Tokyo", False)
    assert 'data-zone="Asia/Tokyo"' in page

    sign_in(newcomer, "America/New_York")
    newcomer.refresh_from_db()
    assert newcomer.time_zone == "America/New_York"

    choose(newcomer, time_zone="UTC")
    page = sign_in(newcomer, "Asia/Tokyo").get("/").content.decode()
    newcomer.refresh_from_db()
    assert (newcomer.time_zone, newcomer.zone_is_chosen) == ("UTC", True)
    assert 'data-zone="UTC"' in page


def choose(person: User, **fields: Any) -> None:
    """Save the preferences as they are, with those fields."""
    person.refresh_from_db()
    names = ("name", "theme", "time_zone", "office_start", "office_end", "by_email")
    change_preferences(person, **{**{name: getattr(person, name) for name in names}, **fields})


def test_whoever_comes_in_by_an_invitation_begins_by_the_clock_of_their_browser(
    responder: User, client: Client
) -> None:
    path = "/" + invite(responder).link.split("/", 3)[3]
    client.cookies["zone"] = "Asia/Kolkata"
    sent = {"password1": "four quiet green horses", "password2": "four quiet green horses"}
    assert client.post(path, sent).status_code == 302
    responder.refresh_from_db()
    assert responder.time_zone == "Asia/Kolkata"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "localtime", "Factory", "x" * 4000])
def test_what_is_no_zone_is_not_taken(responder: User, zone: str) -> None:
    take_zone(responder, zone)
    responder.refresh_from_db()
    assert responder.time_zone == "UTC"


def test_a_zone_that_a_manager_typed_stays(newcomer: User, admin: User, client: Client) -> None:
    client.force_login(admin)
    path = f"/admin/people/user/{newcomer.pk}/change/"
    form = client.get(path).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields} | {
        "time_zone": "Europe/Oslo",
        "by_email": "on",
    }
    answer = client.post(path, sent)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    newcomer.refresh_from_db()
    assert (newcomer.time_zone, newcomer.zone_is_chosen) == ("Europe/Oslo", True)
    sign_in(newcomer, "Asia/Tokyo")
    newcomer.refresh_from_db()
    assert newcomer.time_zone == "Europe/Oslo"
