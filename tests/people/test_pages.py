"""Signing in, setting a password, and one's own preferences and tokens."""

import re
from datetime import time
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client, override_settings

from notifications.channels.email import message_of
from notifications.models import Delivery
from people.actions import issue_token
from people.models import ApiToken, User

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"
VALUES = {
    "name": "Maya K.",
    "time_zone": "Europe/Berlin",
    "theme": "dark",
    "office_start": "08:30",
    "office_end": "16:30",
    "by_email": "on",
}


@pytest.fixture
def signed_in(client: Client, commander: User) -> Client:
    client.force_login(commander)
    return client


def test_one_signs_in_by_address_whatever_its_case(client: Client, commander: User) -> None:
    commander.set_password(PASSWORD)
    commander.save()
    answer = client.post(
        "/accounts/login/", {"login": "MAYA@example.com", "password": PASSWORD, "remember": "on"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(commander.pk)


def test_a_wrong_password_keeps_the_address_and_says_so(client: Client, commander: User) -> None:
    answer = client.post("/accounts/login/", {"login": "maya@example.com", "password": "wrong"})
    page = answer.content.decode()
    assert 'value="maya@example.com"' in page
    assert 'role="alert"' in page
    assert "_auth_user_id" not in client.session


def test_a_deactivated_person_is_not_let_in(client: Client, commander: User) -> None:
    commander.set_password(PASSWORD)
    commander.is_active = False
    commander.save()
    client.post("/accounts/login/", {"login": "maya@example.com", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_sign_up_is_closed_unless_it_is_opened(client: Client) -> None:
    values = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    closed = client.post("/accounts/signup/", values).content.decode()
    assert "Accounts are made for you" in closed
    assert not User.objects.exists()
    with override_settings(SIGNUP_OPEN=True):
        client.post("/accounts/signup/", values)
    assert User.objects.values_list("email", "name").get() == ("new@example.org", "new")


def test_a_link_by_mail_sets_a_password_once(client: Client, commander: User) -> None:
    asked = client.post("/accounts/password/reset/", {"email": "maya@example.com"}, follow=True)
    assert "Look into your mail" in asked.content.decode()
    (delivery,) = Delivery.objects.all()
    body = str(message_of([delivery]).body)
    found = re.search(r"http://127.0.0.1:8000(/accounts/password/reset/key/\S+)", body)
    assert found is not None
    form = client.get(found[1], follow=True)
    saved = client.post(
        form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD}, follow=True
    )
    commander.refresh_from_db()
    again = Client().get(found[1], follow=True)
    assert "Your password is set" in saved.content.decode()
    assert commander.check_password(PASSWORD)
    assert "This link no longer works" in again.content.decode()


def test_an_unknown_address_gets_the_same_answer(client: Client) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "no@example.org"}, follow=True)
    assert "Look into your mail" in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        *("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"),
        *("/accounts/password/reset/done/", "/accounts/password/reset/key/1-set-password/"),
        "/accounts/password/reset/key/done/",
    ],
)
def test_pages_before_signing_in_hold_nothing_inline(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assert "<h1" in page
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)", page)


@pytest.mark.parametrize(
    "path",
    [
        *("/preferences/", "/accounts/logout/", "/accounts/password/change/", "/accounts/2fa/"),
        *("/accounts/email/", "/accounts/3rdparty/", "/accounts/reauthenticate/"),
    ],
)
def test_account_pages_look_like_ours(signed_in: Client, commander: User, path: str) -> None:
    commander.set_password(PASSWORD)
    commander.save()
    signed_in.force_login(commander)
    page = signed_in.get(path, follow=True).content.decode()
    assert "css/endstate.css" in page
    assert not re.search(
        r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*( src=|application/json))", page
    )


def test_preferences_are_kept(signed_in: Client, commander: User) -> None:
    answer = signed_in.post("/preferences/", VALUES)
    commander.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, "/preferences/")
    assert (
        commander.name,
        commander.time_zone,
        commander.theme,
        commander.office_start,
        commander.office_end,
        commander.by_email,
    ) == ("Maya K.", "Europe/Berlin", "dark", time(8, 30), time(16, 30), True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 121},
        {"time_zone": "Moon/Base"},
        {"theme": "pink"},
        {"office_end": "07:00"},
    ],
)
def test_preferences_refused_keep_what_was_typed(
    signed_in: Client, commander: User, wrong: dict[str, str]
) -> None:
    answer = signed_in.post("/preferences/", {**VALUES, "office_start": "08:31", **wrong})
    commander.refresh_from_db()
    assert answer.status_code == 422
    assert 'value="08:31"' in answer.content.decode()
    assert (commander.name, commander.theme) == ("Maya Köhler", "auto")


def test_a_new_token_is_shown_once(signed_in: Client, commander: User) -> None:
    made = signed_in.post(
        "/preferences/tokens/", {"name": "deploys", "scopes": ["read"], "expires_days": "30"}
    )
    found = re.search(r'value="(es_[^"]+)"', made.content.decode())
    token = ApiToken.objects.get()
    later = signed_in.get("/preferences/").content.decode()
    assert made.status_code == 201
    assert "no-store" in made["Cache-Control"]
    assert found is not None
    assert (token.user, token.digest, token.scopes) == (
        commander,
        ApiToken.digest_of(found[1]),
        ["read"],
    )
    assert found[1] not in later
    assert "deploys" in later


def test_a_token_without_a_right_is_refused(signed_in: Client) -> None:
    answer = signed_in.post("/preferences/tokens/", {"name": "kept words"})
    assert answer.status_code == 422
    assert 'value="kept words"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_one_ends_ones_own_token_only(signed_in: Client, commander: User, responder: User) -> None:
    mine, _ = issue_token(commander, name="mine")
    theirs, _ = issue_token(responder, name="theirs")
    assert signed_in.post(f"/preferences/tokens/{theirs.pk}/end/").status_code == 404
    assert signed_in.post(f"/preferences/tokens/{mine.pk}/end/")["Location"] == "/preferences/"
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.revoked_at is not None, theirs.revoked_at) == (True, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/preferences/"),
        ("post", "/preferences/"),
        ("post", "/preferences/tokens/"),
        ("post", "/preferences/tokens/1/end/"),
    ],
)
def test_strangers_are_asked_to_sign_in(client: Client, method: str, path: str) -> None:
    answer = getattr(client, method)(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_the_page_asks_as_often_for_many_tokens_as_for_few(
    signed_in: Client, commander: User, django_assert_num_queries: object
) -> None:
    for number in range(30):
        issue_token(commander, name=f"t{number}")
    with django_assert_num_queries(6):  # type: ignore[operator]
        signed_in.get("/preferences/")


def test_templates_of_accounts_are_all_declared() -> None:
    for path in Path("templates/account").glob("*.html"):
        assert path.read_text().startswith("{#"), path


def test_a_person_is_found_by_id_alone_or_by_what_else_is_asked(responder: User) -> None:
    assert User.objects.get(pk=responder.pk) == responder
    assert User.objects.get(pk=responder.pk, name=responder.name) == responder
    for nobody in ({"pk": 0}, {"pk": responder.pk, "name": "Somebody else"}):
        with pytest.raises(User.DoesNotExist):
            User.objects.get(**nobody)
    # The people of a group are some of them: theirs is another manager of the same kind.
    with pytest.raises(User.DoesNotExist):
        Group.objects.create(name="Empty").user_set.get(pk=responder.pk)
