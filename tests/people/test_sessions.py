"""Sessions and tokens: listed, ended, and ended for good with the person."""

import pytest
from django.test import Client

from people.actions import deactivate_person, issue_token, reactivate_person
from people.models import SignIn, User
from people.sessions import sign_ins_of
from tests.people.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def enter(person: User, **extra: str) -> Client:
    browser = Client(**extra)  # type: ignore[arg-type]
    browser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/preferences/").status_code == 200


def answers(secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().get("/api/v1/me", headers=headers).status_code


@pytest.fixture
def maya(commander: User) -> User:
    commander.set_password(PASSWORD)
    commander.save()
    return commander


def test_leaving_ends_sessions_and_tokens_for_good(maya: User, admin: User) -> None:
    browser, (_, secret) = enter(maya), issue_token(maya, name="t")
    assert (is_in(browser), answers(secret)) == (True, 200)
    deactivate_person(maya, by=admin)
    gone = is_in(browser), answers(secret)
    reactivate_person(maya, by=admin)
    assert (gone, (is_in(browser), answers(secret))) == ((False, 401), (False, 401))
    assert is_in(enter(maya))


def test_a_person_sees_where_they_are_signed_in(maya: User) -> None:
    enter(maya, HTTP_USER_AGENT="Elinks 0.9", REMOTE_ADDR="192.0.2.7")
    page = enter(maya).get("/preferences/").content.decode()
    assert "Elinks 0.9, since" in page
    assert ", from 192.0.2.7" in page
    assert (page.count("<b>Here</b>"), page.count("<b>Elsewhere</b>")) == (1, 1)


def test_a_person_ends_all_others(maya: User, responder: User) -> None:
    here, there, other = enter(maya), enter(maya), Client()
    other.force_login(responder)
    said = here.post("/preferences/sessions/end/", follow=True).content.decode()
    assert "1 other session ended." in said
    assert (is_in(here), is_in(there), is_in(other)) == (True, False, True)


def test_a_person_revokes_all_tokens(maya: User, responder: User) -> None:
    mine = [issue_token(maya, name=f"t{number}")[1] for number in range(3)]
    _, theirs = issue_token(responder, name="theirs")
    enter(maya).post("/preferences/tokens/end/")
    assert ([answers(secret) for secret in mine], answers(theirs)) == ([401] * 3, 200)


def test_changing_the_password_ends_other_sessions(maya: User) -> None:
    here, there = enter(maya), enter(maya)
    changed = here.post(
        "/accounts/password/change/",
        {
            "oldpassword": PASSWORD,
            "password1": "another long password",
            "password2": "another long password",
        },
    )
    assert (changed.status_code, changed["Location"]) == (302, "/preferences/")
    # Gone at once, not only at its next request: a stream of it makes none.
    assert len(sign_ins_of(maya)) == 1
    assert (is_in(here), is_in(there)) == (True, False)


def test_signing_out_leaves_nothing_listed(maya: User) -> None:
    browser = enter(maya)
    assert SignIn.objects.count() == 1
    browser.post("/accounts/logout/")
    assert SignIn.objects.count() == 0


def test_an_admin_signs_somebody_out_everywhere(client: Client, maya: User, admin: User) -> None:
    browser, (_, secret) = enter(maya), issue_token(maya, name="t")
    client.force_login(admin)
    client.post("/admin/people/user/", {"action": "sign_out", "_selected_action": [maya.pk]})
    assert (is_in(browser), answers(secret)) == (False, 401)
