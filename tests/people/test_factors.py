"""Second factors: required of admins, sealed, and what a password may be beside one."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.internal.flows import login as allauth_login
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from django.contrib import admin as site
from django.test import Client, override_settings

from incidents.lifecycle.declaring import declare_incident
from people.actions import issue_token
from people.models import User
from people.sealing import is_sealed, unseal
from tests.people.conftest import PASSWORD, Mail

pytestmark = pytest.mark.django_db

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ENROL = "/accounts/2fa/"


def code(seed: str = SEED) -> str:
    return str(format_hotp_value(hotp_value(seed, int(time.time()) // 30)))


def with_app(person: User) -> User:
    TOTP.activate(person, SEED)
    return person


def with_password(person: User) -> User:
    person.set_password(PASSWORD)
    person.save()
    return person


def enter(person: User, browser: Client | None = None) -> Client:
    browser = browser or Client()
    browser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return browser


@pytest.fixture
def required() -> Iterator[None]:
    with override_settings(ADMIN_MFA=True):
        yield


def test_a_seed_is_stored_sealed_and_still_opens(commander: User) -> None:
    with_app(with_password(commander))
    RecoveryCodes.activate(commander)
    stored = {row.type: row.data for row in Authenticator.objects.all()}
    assert SEED not in str(stored)
    assert is_sealed(stored["recovery_codes"]["seed"])
    assert unseal(stored["totp"]["secret"]) == SEED
    browser = enter(commander)
    asked = browser.get("/preferences/")
    assert (asked.status_code, "_auth_user_id" in browser.session) == (302, False)
    entered = browser.post("/accounts/2fa/authenticate/", {"code": code()})
    assert (entered.status_code, entered["Location"]) == (302, "/")
    assert browser.get("/preferences/").status_code == 200


def test_a_seed_sealed_with_a_lost_key_is_said_not_guessed(commander: User) -> None:
    with override_settings(SECRET_KEY="another key that was lost since, long enough for a test"):
        with_app(with_password(commander))
    browser = enter(commander)
    answer = browser.post("/accounts/2fa/authenticate/", {"code": code()})
    assert answer.status_code == 403
    assert "An admin can remove it" in answer.content.decode()


def test_a_fallback_key_still_reads_what_it_sealed(commander: User) -> None:
    old = "the key of last year, which is long enough for a test of rotation"
    with override_settings(SECRET_KEY=old):
        with_app(with_password(commander))
    with override_settings(SECRET_KEY_FALLBACKS=[old]):
        browser = enter(commander)
        entered = browser.post("/accounts/2fa/authenticate/", {"code": code()})
    assert entered.status_code == 302


def test_a_recovery_code_opens_once(commander: User) -> None:
    with_app(with_password(commander))
    one = RecoveryCodes.activate(commander).get_unused_codes()[0]
    first = enter(commander).post("/accounts/2fa/authenticate/", {"code": one})
    again = enter(commander).post("/accounts/2fa/authenticate/", {"code": one})
    assert (first.status_code, again.status_code) == (302, 200)
    assert "That did not match" in again.content.decode()


def test_codes_cannot_be_tried_on_and_on(commander: User) -> None:
    browser = enter(with_app(with_password(commander)))
    for _ in range(5):
        browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    refused = browser.post("/accounts/2fa/authenticate/", {"code": code()})
    assert "Too many wrong tries" in refused.content.decode()
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize("path", ["/admin/", "/admin/people/user/", "/admin/people/user/add/"])
def test_an_admin_without_one_is_led_from_the_admin_to_add_one(
    required: None, client: Client, admin: User, path: str
) -> None:
    client.force_login(admin)
    answer = client.get(path, follow=True)
    assert answer.redirect_chain[0] == (ENROL, 302)
    # A header that programs send opens no page.
    claimed = client.get(path, headers={"Authorization": "Bearer of-nobody"})
    assert (claimed.status_code, claimed["Location"]) == (302, ENROL)
    assert "Admins act with a second factor here" in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/preferences/", {}, 302),
        ("/incidents/new/", {}, 302),
        ("/incidents/new/", {"HX-Request": "true"}, 403),
        ("/preferences/", {"Authorization": "Bearer of-nobody"}, 302),
        ("/admin/people/user/add/", {"Authorization": "Bearer of-nobody"}, 302),
        ("/api/v1/incidents", {}, 403),
        ("/admin/people/user/add/", {}, 302),
    ],
)
def test_an_admin_without_one_changes_nothing(
    required: None, client: Client, admin: User, path: str, headers: dict[str, str], status: int
) -> None:
    client.force_login(admin)
    answer = client.post(path, {"name": "Changed"}, headers=headers)
    admin.refresh_from_db()
    assert (answer.status_code, admin.name) == (status, "Ada Quist")
    assert status == 403 or answer["Location"] == ENROL


def test_an_admin_without_one_can_read(required: None, client: Client, admin: User) -> None:
    ref = declare_incident(by=admin, title="API calls fail", severity="sev1").ref
    client.force_login(admin)
    assert [client.get(path).status_code for path in ("/", f"/incidents/{ref}/")] == [200, 200]


def test_an_admin_with_one_acts(required: None, client: Client, admin: User) -> None:
    client.force_login(with_app(admin))
    assert client.get("/admin/").status_code == 200
    assert client.post("/preferences/sessions/end/")["Location"] == "/preferences/"


def test_nobody_else_is_asked(required: None, client: Client, commander: User) -> None:
    client.force_login(commander)
    assert client.post("/preferences/sessions/end/")["Location"] == "/preferences/"


def test_without_the_setting_nobody_is_asked(client: Client, admin: User) -> None:
    client.force_login(admin)
    with override_settings(ADMIN_MFA=False):
        assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("address", "said", "is_required"),
    [
        ("https://endstate.example", "", "True"),
        ("http://127.0.0.1:8000", "", "False"),
        ("https://endstate.example", "0", "False"),
        ("http://127.0.0.1:8000", "1", "True"),
    ],
)
def test_it_is_required_behind_https_unless_the_setting_says_otherwise(
    address: str, said: str, is_required: str
) -> None:
    code = "from config import settings; print(settings.ADMIN_MFA)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.ROOT,
        env={**os.environ, "BASE_URL": address, "ADMIN_MFA": said},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == is_required


def test_an_admins_program_acts_by_its_token(required: None, admin: User) -> None:
    _, secret = issue_token(admin, name="t")
    answer = Client().post(
        "/api/v1/incidents",
        {"title": "API calls fail", "severity": "sev1"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 201


def test_an_admin_adds_an_app_right_after_signing_in(
    required: None, admin: User, mail: Mail, django_capture_on_commit_callbacks: Any
) -> None:
    browser, elsewhere = Client(), Client()
    with_password(admin)
    elsewhere.force_login(admin)
    signed_in = browser.post("/accounts/login/", {"login": admin.email, "password": PASSWORD})
    assert signed_in["Location"] == ENROL
    page = browser.get("/accounts/2fa/totp/activate/")
    seed = browser.session["mfa.totp.secret"]
    assert f'value="{seed}"' in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        added = browser.post("/accounts/2fa/totp/activate/", {"code": code(seed)})
    assert (added.status_code, added["Location"]) == (302, "/accounts/2fa/recovery-codes/")
    assert browser.get("/admin/").status_code == 200
    assert elsewhere.get("/preferences/").status_code == 302
    assert [subject for _, subject, _ in mail()] == ["An authenticator app was added"]


def test_an_older_session_is_asked_for_the_password_before_adding_one(
    commander: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client()
    with monkeypatch.context() as past:
        past.setattr(allauth_login.time, "time", lambda: time.monotonic())
        enter(with_password(commander), browser)
    answer = browser.get("/accounts/2fa/totp/activate/")
    assert answer["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize(
    ("has_one", "length", "taken"),
    [
        (False, 14, False),
        (False, 15, True),
        (True, 7, False),
        (True, 8, True),
    ],
)
def test_a_password_is_long_or_stands_beside_a_second_factor(
    commander: User, has_one: bool, length: int, taken: bool
) -> None:
    with_password(commander)
    browser = Client()
    enter(commander, browser)
    if has_one:
        with_app(commander)
    new = "qzvkx-plorm-wint"[:length]
    browser.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    commander.refresh_from_db()
    assert commander.check_password(new) is taken


def test_the_factor_beside_a_short_password_stays(commander: User) -> None:
    commander.set_password("qzvkx-pl")
    commander.save()
    with_app(commander)
    browser = Client()
    browser.post("/accounts/login/", {"login": commander.email, "password": "qzvkx-pl"})
    browser.post("/accounts/2fa/authenticate/", {"code": code()})
    answer = browser.post("/accounts/2fa/totp/deactivate/", follow=True)
    assert "This one has to stay" in answer.content.decode()
    assert Authenticator.objects.count() == 1


def test_an_admins_last_factor_stays(required: None, admin: User) -> None:
    browser = enter(with_app(with_password(admin)))
    browser.post("/accounts/2fa/authenticate/", {"code": code()})
    answer = browser.post("/accounts/2fa/totp/deactivate/", follow=True)
    assert "This one has to stay" in answer.content.decode()


def test_an_admin_removes_a_lost_factor_and_the_person_is_told(
    client: Client, admin: User, commander: User, mail: Mail
) -> None:
    with_app(with_password(commander))
    RecoveryCodes.activate(commander)
    # Whoever found the phone may be in with it.
    lost = Client()
    lost.force_login(commander)
    client.force_login(admin)
    chosen = {"action": "remove_factors", "_selected_action": [commander.pk]}
    client.post("/admin/people/user/", chosen)
    assert not Authenticator.objects.exists()
    assert lost.get("/preferences/").status_code == 302
    assert [(to, subject) for to, subject, _ in mail()] == [
        ("maya@example.com", "Your second factor was removed")
    ]
    assert enter(commander).get("/preferences/").status_code == 200


def test_the_admin_shows_no_library_model_that_holds_secrets() -> None:
    labels = {model._meta.app_label for model in site.site._registry}
    assert not labels & {"account", "mfa", "socialaccount", "sessions", "auth"}
