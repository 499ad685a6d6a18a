"""Every page of an account is ours: logo, navigation, our words, nothing escaped twice."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from people.account_mail import WORDS
from people.models import User
from tests.people.conftest import PASSWORD, Mail

pytestmark = pytest.mark.django_db

LIBRARY = Path(str(find_spec("allauth").origin)).parent / "templates"  # type: ignore[union-attr]
#: Ways in that are not switched on: by code, by phone, passkeys for strangers, trusted browsers.
OFF = re.compile(r"phone|code\.html|login_code|by_passkey|signup_form|trust|login_redirect")
PAGES = sorted(
    name
    for folder in ("account", "mfa", "socialaccount")
    for path in (LIBRARY / folder).rglob("*.html")
    if not re.search(r"/(base_?\w*|snippets/.*)\.html$", name := str(path.relative_to(LIBRARY)))
    and "/snippets/" not in name
    and not OFF.search(name)
    and name != "account/email_change.html"
)
SIGNED_IN = [
    *("/accounts/password/change/", "/accounts/email/", "/accounts/logout/", "/accounts/2fa/"),
    *("/accounts/2fa/totp/deactivate/", "/accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/"),
    *("/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/generate/"),
    *("/accounts/2fa/reauthenticate/", "/accounts/reauthenticate/", "/accounts/3rdparty/"),
    "/accounts/inactive/",
]
STRANGER = [
    *("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"),
    *("/accounts/password/reset/done/", "/accounts/password/reset/key/1-set-password/"),
    *("/accounts/password/reset/key/done/", "/accounts/inactive/", "/accounts/confirm-email/"),
    *("/accounts/confirm-email/nothing/", "/accounts/3rdparty/login/cancelled/"),
    *("/accounts/3rdparty/login/error/", "/invitation/nothing/"),
]
INLINE = r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*( src=|application/json))"


def words_of(page: str) -> str:
    """What a person reads: without scripts, tags and attributes."""
    return re.sub(r"<script.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL)


def check_ours(page: str) -> None:
    assert '<a class="brand" href="/"><svg' in page
    assert "<h1" in page
    assert not re.search(INLINE, page)
    words = words_of(page)
    assert "&lt;" not in words
    assert "!" not in words
    assert not re.search(r"\b([Ee]mail|127\.0\.0\.1|reauthenticate)\b", words.replace("_email", ""))


def test_there_is_a_page_of_ours_for_each_of_the_library() -> None:
    assert len(PAGES) > 20
    missing = [name for name in PAGES if not (Path("templates") / name).exists()]
    assert missing == []


@pytest.fixture
def maya(commander: User) -> Client:
    """Maya, signed in a moment ago, with an app, a passkey and recovery codes."""
    commander.set_password(PASSWORD)
    commander.save()
    browser = Client()
    browser.post("/accounts/login/", {"login": commander.email, "password": PASSWORD})
    TOTP.activate(commander, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(commander)
    return browser


@pytest.mark.parametrize("path", SIGNED_IN)
def test_a_page_of_ones_account_keeps_logo_navigation_and_our_words(
    maya: Client, path: str
) -> None:
    answer = maya.get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    check_ours(page)
    assert '<nav aria-label="Main">' in page


@pytest.mark.parametrize("path", STRANGER)
def test_a_page_before_signing_in_keeps_logo_and_our_words(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (200, 401, 404)
    check_ours(answer.content.decode())


def test_the_page_of_a_new_app_is_ours(commander: User) -> None:
    commander.set_password(PASSWORD)
    commander.save()
    browser = Client()
    browser.post("/accounts/login/", {"login": commander.email, "password": PASSWORD})
    page = browser.get("/accounts/2fa/totp/activate/").content.decode()
    check_ours(page)
    assert 'src="data:image/svg+xml;base64,' in page


def test_an_open_sign_up_is_ours(client: Client) -> None:
    with override_settings(SIGNUP_OPEN=True):
        check_ours(client.get("/accounts/signup/").content.decode())


def test_the_rule_of_passwords_reads_as_a_sentence(maya: Client) -> None:
    page = maya.get("/accounts/password/change/").content.decode()
    assert "At least 15 characters, or 8 if you have a second factor." in page
    assert not re.search(r"&lt;li|<ul><li>", page)


@pytest.mark.parametrize("path", [one for one in SIGNED_IN if one != "/accounts/inactive/"])
def test_looking_changes_no_account(maya: Client, commander: User, path: str) -> None:
    def state() -> list[object]:
        return [
            list(commander.emailaddress_set.values_list()),  # type: ignore[attr-defined]
            list(Authenticator.objects.values_list("pk", "type", "data__seed", "data__secret")),
            User.objects.values_list("password", "email", "role", "is_active").get(),
        ]

    before = state()
    maya.get(path)
    assert state() == before


def library_mails() -> set[str]:
    found = {
        str(path.relative_to(LIBRARY)).removesuffix("_subject.txt")
        for folder in ("account", "mfa", "socialaccount")
        for path in (LIBRARY / folder).rglob("*_subject.txt")
    }
    # By code, of several addresses, and to strangers: none of it is switched on.
    off = re.compile(r"_code$|login_code|unknown_account|email_(deleted|changed|confirm)$|added$")
    return {name for name in found if not off.search(name) or name == "mfa/email/webauthn_added"}


def test_every_mail_the_library_may_send_has_our_words() -> None:
    assert sorted(library_mails() - set(WORDS)) == []
    for subject, text in WORDS.values():
        assert not re.search(r"!|\b[Ee]mail\b|127\.0\.0\.1", subject + text)


def test_a_reset_is_mailed_while_the_mail_server_is_away(
    client: Client, commander: User, mail: Mail
) -> None:
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=1,
    ):
        answer = client.post("/accounts/password/reset/", {"email": commander.email})
    assert (answer.status_code, [to for to, _, _ in mail()]) == (302, ["maya@example.com"])


def addresses(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for one in resolver.url_patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            found += addresses(one, path)
        elif isinstance(one, URLPattern):
            found.append(path)
    return [path for path in found if path.startswith("accounts/")]


def test_no_address_of_the_library_answers_a_stranger_with_an_error(client: Client) -> None:
    paths = {re.sub(r"<\w+:\w+>", "1", path) for path in addresses(get_resolver())}
    plain = sorted(path for path in paths if re.fullmatch(r"[\w/-]+", path))
    assert len(plain) > 25
    statuses = {path: client.get(f"/{path}").status_code for path in plain}
    fine = {200, 301, 302, 401, 404, 405}
    assert {path: code for path, code in statuses.items() if code not in fine} == {}
