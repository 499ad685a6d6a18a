"""Single sign-on against a real provider: who gets in, as what, and while it is away."""

from collections.abc import Callable, Iterator
from socket import create_server
from typing import Any

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings

from incidents.record.models import Incident
from incidents.roster.queries import commander_of
from people import rechecking
from people.actions import deactivate_person
from people.checks import check_single_sign_on
from people.groups import parse_groups, role_of
from people.leaving import held_by
from people.models import Role, SingleSignOn, User
from people.rechecking import recheck_due
from people.sealing import is_sealed, unseal
from tests.conftest import Clock
from tests.people.conftest import PASSWORD
from tests.people.issuer import Provider, provider
from tests.people.test_factors import code, with_app, with_password

pytestmark = pytest.mark.django_db

GROUPS = "admin=ops-admins,responder=eng,stakeholder=*"
STRICT = "admin=ops-admins,responder=eng"


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with (
        provider() as one,
        override_settings(
            SOCIALACCOUNT_PROVIDERS=one.settings(),
            OIDC_DOMAINS=["example.org"],
            OIDC_GROUPS=GROUPS,
        ),
    ):
        yield one


def is_in(browser: Client) -> bool:
    return browser.get("/preferences/").status_code == 200


def acts(browser: Client) -> bool:
    """Whether the admin, which asks for a second factor, takes what is written there."""
    values = {"name": "Checkout", "slug": "checkout"}
    answer = browser.post("/admin/incidents/service/add/", values)
    return answer.status_code == 200 or answer["Location"].startswith("/admin/incidents/")


def person(email: str) -> tuple[str, str]:
    found = User.objects.get(email=email)
    return found.name, found.role


def lena(issuer: Provider, **claims: object) -> None:
    known = {"email": "lena@example.org", "email_verified": True, "name": "Lena Sato"}
    issuer.know("lena", **{**known, **claims})


def test_a_newcomer_of_a_known_domain_gets_an_account_while_sign_up_is_closed(
    issuer: Provider, client: Client
) -> None:
    lena(issuer, groups=["eng"])
    answer = issuer.sign_in(client, "lena")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(client)
    assert person("lena@example.org") == ("Lena Sato", Role.RESPONDER)
    row = EmailAddress.objects.get()
    assert (row.email, row.verified, row.primary) == ("lena@example.org", True, True)
    assert not User.objects.get().has_usable_password()


def test_the_second_time_it_is_the_same_account(issuer: Provider) -> None:
    lena(issuer)
    issuer.sign_in(Client(), "lena")
    lena(issuer, email="lena.sato@example.org")
    issuer.sign_in(Client(), "lena")
    assert User.objects.values_list("email", flat=True).get() == "lena@example.org"


def test_a_verified_address_joins_its_account(
    issuer: Provider, client: Client, commander: User
) -> None:
    commander.set_password(PASSWORD)
    commander.save()
    issuer.know("m1", email="MAYA@example.com", email_verified=True, groups=["eng"])
    assert issuer.sign_in(client, "m1").status_code == 302
    assert client.session["_auth_user_id"] == str(commander.pk)
    commander.refresh_from_db()
    assert commander.check_password(PASSWORD)
    assert SocialAccount.objects.values_list("user", "uid").get() == (commander.pk, "m1")


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"email_verified": False}, "does not say that your address is verified"),
        ({"email_verified": "false"}, "does not say that your address is verified"),
        ({"email_verified": None}, "does not say that your address is verified"),
        ({"email": ""}, "does not say that your address is verified"),
        ({"email": "lena@elsewhere.org"}, "You have no account here yet"),
        ({"email": "lena@notexample.org"}, "You have no account here yet"),
    ],
)
def test_who_is_not_let_in_is_told_why(
    issuer: Provider, client: Client, claims: dict[str, object], said: str
) -> None:
    lena(issuer, **claims)
    answer = issuer.sign_in(client, "lena")
    assert answer.status_code == 403
    assert said in answer.content.decode()
    assert (is_in(client), User.objects.count()) == (False, 0)


def test_an_unverified_address_does_not_open_an_account(
    issuer: Provider, client: Client, commander: User
) -> None:
    issuer.know("x", email=commander.email, email_verified=False, groups=["ops-admins"])
    assert issuer.sign_in(client, "x").status_code == 403
    commander.refresh_from_db()
    assert (is_in(client), commander.role) == (False, Role.RESPONDER)


def test_an_address_given_to_somebody_else_there_opens_nothing(
    issuer: Provider, client: Client, commander: User
) -> None:
    issuer.know("m1", email=commander.email, email_verified=True)
    issuer.sign_in(Client(), "m1")
    issuer.know("m2", email=commander.email, email_verified=True)
    answer = issuer.sign_in(client, "m2")
    assert answer.status_code == 403
    assert "belongs to another identity" in answer.content.decode()
    assert not is_in(client)


def test_an_answer_for_another_client_is_not_taken(issuer: Provider, client: Client) -> None:
    lena(issuer)
    issuer.audience = "another-client"
    answer = issuer.sign_in(client, "lena")
    assert "Single sign-on failed" in answer.content.decode()
    assert (is_in(client), User.objects.count()) == (False, 0)


OURS, THEIRS = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in "ab")
SHARED = "secret" * 8
Claims = dict[str, Any]


def written(claims: Claims, key: Any = OURS, algorithm: str = "RS256", **other: Any) -> str:
    """An ID token with these claims and ``other`` ones, signed so."""
    return jwt.encode({**claims, **other}, key, algorithm, headers={"kid": "one"})


WRITES: dict[str, Callable[[Claims], str]] = {
    "as it should": written,
    "signed by somebody else": lambda said: written(said, THEIRS),
    "signed with what is no secret of theirs": lambda said: written(said, SHARED, "HS256"),
    "signed by nobody": lambda said: written(said, None, "none"),
    "of another issuer": lambda said: written(said, iss="https://elsewhere.example"),
    "for another client": lambda said: written(said, aud="another-client"),
    "that is over": lambda said: written(said, exp=said["iat"] - 600),
    "about somebody else": lambda said: written(said, sub="ada"),
    "that is none": lambda said: "",
}


@pytest.mark.parametrize("token", WRITES)
def test_only_an_answer_that_the_issuer_signed_for_us_and_now_lets_in(
    issuer: Provider, client: Client, token: str
) -> None:
    lena(issuer)

    def keys(_: Claims) -> tuple[str, Claims]:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(OURS.public_key(), as_dict=True)
        return "200 OK", {"keys": [{**key, "kid": "one", "use": "sig"}]}

    def tokens(said: Claims) -> tuple[str, Claims]:
        claims = jwt.decode(said["id_token"], options={"verify_signature": False})
        return "200 OK", {**said, "id_token": WRITES[token](claims)}

    issuer.says = {"/jwks": keys, "/oauth2/token": tokens}
    answer = issuer.sign_in(client, "lena")
    assert is_in(client) is (token == "as it should")
    assert ("Single sign-on failed" in answer.content.decode()) is not is_in(client)


def test_an_issuer_that_calls_itself_otherwise_is_not_taken(
    issuer: Provider, client: Client
) -> None:
    lena(issuer)
    told = issuer.settings()
    discovery = f"{issuer.address}/.well-known/openid-configuration"
    told["openid_connect"]["APPS"][0]["settings"]["server_url"] = discovery
    with override_settings(SOCIALACCOUNT_PROVIDERS=told):
        answer = issuer.sign_in(client, "lena")
    assert "Single sign-on failed" in answer.content.decode()
    assert not is_in(client)


@pytest.mark.parametrize(
    ("groups", "mapping", "role"),
    [
        (["eng"], GROUPS, Role.RESPONDER),
        (["eng", "ops-admins"], GROUPS, Role.ADMIN),
        (["sales"], GROUPS, Role.STAKEHOLDER),
        (None, GROUPS, Role.STAKEHOLDER),
        ("eng", GROUPS, Role.RESPONDER),
        (["eng"], STRICT, Role.RESPONDER),
        (["ops-admins"], "", Role.RESPONDER),
    ],
)
def test_groups_give_the_role(
    issuer: Provider, client: Client, groups: object, mapping: str, role: str
) -> None:
    lena(issuer, **({} if groups is None else {"groups": groups}))
    with override_settings(OIDC_GROUPS=mapping):
        issuer.sign_in(client, "lena")
    assert person("lena@example.org") == ("Lena Sato", role)


@pytest.mark.parametrize("groups", [["sales"], None])
def test_in_no_group_that_counts_is_not_let_in(
    issuer: Provider, client: Client, groups: object
) -> None:
    lena(issuer, **({} if groups is None else {"groups": groups}))
    with override_settings(OIDC_GROUPS=STRICT):
        answer = issuer.sign_in(client, "lena")
    assert answer.status_code == 403
    assert "names no group that may use Endstate" in answer.content.decode()
    assert (is_in(client), User.objects.count()) == (False, 0)


def test_the_role_follows_at_every_sign_in(issuer: Provider, admin: User) -> None:
    seen = []
    for groups in (["eng"], ["ops-admins"], []):
        lena(issuer, groups=groups)
        issuer.sign_in(Client(), "lena")
        seen.append(person("lena@example.org")[1])
    assert seen == [Role.RESPONDER, Role.ADMIN, Role.STAKEHOLDER]


def test_the_last_admin_stays_one_whatever_the_groups_say(
    issuer: Provider, client: Client, admin: User
) -> None:
    issuer.know("ada", email=admin.email, email_verified=True, groups=["sales"])
    issuer.sign_in(client, "ada")
    admin.refresh_from_db()
    assert (is_in(client), admin.role) == (True, Role.ADMIN)


def test_who_the_provider_makes_a_stakeholder_holds_nothing_any_more(
    issuer: Provider, client: Client, incident: Incident, commander: User
) -> None:
    issuer.know("m1", email=commander.email, email_verified=True, groups=["sales"])
    issuer.sign_in(client, "m1")
    commander.refresh_from_db()
    assert (commander.role, held_by(commander)) == (Role.STAKEHOLDER, {})
    assert commander_of(incident) is None


def test_who_is_deactivated_stays_out(
    issuer: Provider, client: Client, commander: User, admin: User
) -> None:
    issuer.know("m1", email=commander.email, email_verified=True)
    issuer.sign_in(Client(), "m1")
    deactivate_person(commander, by=admin)
    issuer.sign_in(client, "m1")
    assert not is_in(client)


def test_who_signed_up_with_somebodys_address_loses_it_to_the_owner(
    issuer: Provider, client: Client
) -> None:
    values = {"email": "lena@example.org", "password1": PASSWORD, "password2": PASSWORD}
    with override_settings(SIGNUP_OPEN=True):
        Client().post("/accounts/signup/", values)
    lena(issuer)
    issuer.sign_in(client, "lena")
    owner = User.objects.get()
    assert (is_in(client), owner.has_usable_password()) == (True, False)
    assert EmailAddress.objects.values_list("email", "verified").get() == (owner.email, True)


def test_while_the_provider_is_away_the_button_says_so_and_a_password_opens(
    issuer: Provider, client: Client, admin: User
) -> None:
    admin.set_password(PASSWORD)
    admin.save()
    issuer.is_away = True
    answer = client.post("/accounts/oidc/sso/login/")
    assert "Single sign-on failed" in answer.content.decode()
    client.post("/accounts/login/", {"login": admin.email, "password": PASSWORD})
    assert is_in(client)


@pytest.mark.parametrize("how", ["says 503", "is not there"])
def test_while_the_provider_is_away_an_admin_comes_in_by_password_and_second_factor(
    issuer: Provider, client: Client, admin: User, clock: Clock, how: str
) -> None:
    with_app(with_password(admin))
    # The app's own code opens once in its thirty seconds.
    another = RecoveryCodes.activate(admin).get_unused_codes()[0]
    issuer.know("ada", email=admin.email, email_verified=True, groups=["ops-admins"])
    with override_settings(ADMIN_MFA=True):
        # Single sign-on alone does not open an account that has a second factor.
        assert issuer.sign_in(client, "ada").status_code == 302
        assert not is_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code()})
        assert acts(client)

        clock.advance(hours=13)
        gone = issuer.settings()
        gone["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://localhost:1"
        issuer.is_away = True
        away = issuer.settings() if how == "says 503" else gone
        with override_settings(SOCIALACCOUNT_PROVIDERS=away):
            assert (recheck_due(), acts(client), person(admin.email)[1]) == (1, True, Role.ADMIN)

            fresh = Client()
            answer = fresh.post("/accounts/oidc/sso/login/")
            assert "Single sign-on failed" in answer.content.decode()
            fresh.post("/accounts/login/", {"login": admin.email, "password": PASSWORD})
            assert (is_in(fresh), acts(fresh)) == (False, False)
            fresh.post("/accounts/2fa/authenticate/", {"code": another})
            assert acts(fresh)


def test_a_provider_that_says_nothing_is_waited_for_so_long_and_no_longer(
    issuer: Provider, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lena(issuer)
    issuer.sign_in(client, "lena")
    clock.advance(hours=13)
    mute = issuer.settings()
    monkeypatch.setattr(rechecking, "ANSWERS_WITHIN_S", 0.3)
    with (
        create_server(("127.0.0.1", 0)) as takes_and_never_answers,
        override_settings(SOCIALACCOUNT_REQUESTS_TIMEOUT=0.3, SOCIALACCOUNT_PROVIDERS=mute),
    ):
        port = takes_and_never_answers.getsockname()[1]
        told = mute["openid_connect"]["APPS"][0]["settings"]
        told["server_url"] = f"http://127.0.0.1:{port}"
        answer = Client().post("/accounts/oidc/sso/login/")
        assert "Single sign-on failed" in answer.content.decode()
        assert (recheck_due(), recheck_due(), is_in(client)) == (1, 0, True)


def test_tokens_of_the_provider_are_stored_sealed_only(issuer: Provider, client: Client) -> None:
    lena(issuer)
    issuer.sign_in(client, "lena")
    row = SingleSignOn.objects.get()
    assert [is_sealed(row.access_token), is_sealed(row.refresh_token)] == [True, True]
    assert not SocialToken.objects.exists()


def test_the_redirect_address_follows_the_base_url(issuer: Provider, client: Client) -> None:
    left = client.post("/accounts/oidc/sso/login/", headers={"Host": "localhost"})
    expected = "redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Faccounts%2Foidc%2Fsso%2Flogin%2F"
    assert expected in left["Location"]
    assert "code_challenge=" in left["Location"]


def test_it_is_asked_again_when_the_time_has_come(
    issuer: Provider, client: Client, admin: User, clock: Clock
) -> None:
    lena(issuer, groups=["eng"])
    issuer.sign_in(client, "lena")
    lena(issuer, groups=["ops-admins"])
    clock.advance(hours=11, minutes=59)
    before = recheck_due(), person("lena@example.org")[1]
    clock.advance(minutes=2)
    after = recheck_due(), person("lena@example.org")[1]
    assert (before, after, recheck_due()) == ((0, Role.RESPONDER), (1, Role.ADMIN), 0)
    assert is_in(client)


def test_while_it_does_not_answer_everything_stays(
    issuer: Provider, client: Client, admin: User, clock: Clock
) -> None:
    for name in ("lena", "jo"):
        issuer.know(name, email=f"{name}@example.org", email_verified=True, groups=["eng"])
    issuer.sign_in(client, "lena")
    issuer.sign_in(Client(), "jo")
    clock.advance(hours=13)
    issuer.is_away = True
    assert (recheck_due(), recheck_due()) == (1, 0)
    assert (is_in(client), person("lena@example.org")[1]) == (True, Role.RESPONDER)
    issuer.is_away = False
    clock.advance(minutes=6)
    assert recheck_due() == 2
    assert is_in(client)


def test_a_clear_no_ends_what_began_there_and_nothing_else(
    issuer: Provider, client: Client, commander: User, clock: Clock
) -> None:
    commander.set_password(PASSWORD)
    commander.save()
    by_password = Client()
    by_password.post("/accounts/login/", {"login": commander.email, "password": PASSWORD})
    issuer.know("m1", email=commander.email, email_verified=True, groups=["eng"])
    issuer.sign_in(client, "m1")
    issuer.revoke("m1")
    clock.advance(hours=13)
    assert recheck_due() == 1
    assert (is_in(client), is_in(by_password)) == (False, True)
    issuer.sign_in(client, "m1")
    assert is_in(client)


@pytest.mark.parametrize(
    ("path", "status", "said", "stays"),
    [
        ("/oauth2/token", "401 Unauthorized", {"error": "invalid_client"}, True),
        ("/oauth2/token", "400 Bad Request", {"error": "invalid_request"}, True),
        ("/oauth2/token", "200 OK", {"nothing": "of use"}, True),
        ("/userinfo", "500 Internal Server Error", {}, True),
        ("/oauth2/token", "400 Bad Request", {"error": "invalid_grant"}, False),
        ("/userinfo", "403 Forbidden", {}, False),
        ("/userinfo", "200 OK", {"sub": "somebody else", "groups": ["ops-admins"]}, False),
    ],
)
def test_only_a_clear_no_about_the_person_ends_what_began_there(
    issuer: Provider,
    client: Client,
    clock: Clock,
    path: str,
    status: str,
    said: dict[str, Any],
    stays: bool,
) -> None:
    lena(issuer, groups=["eng"])
    issuer.sign_in(client, "lena")
    issuer.says = {path: lambda _: (status, said)}
    clock.advance(hours=13)
    assert recheck_due() == 1
    assert (is_in(client), person("lena@example.org")[1]) == (stays, Role.RESPONDER)


def test_a_token_that_is_good_once_is_followed_by_the_next(
    issuer: Provider, client: Client, clock: Clock
) -> None:
    lena(issuer, groups=["eng"])
    issuer.sign_in(client, "lena")
    issuer.says = {"/oauth2/token": lambda said: ("200 OK", {**said, "refresh_token": "second"})}
    clock.advance(hours=13)
    assert recheck_due() == 1
    assert unseal(SingleSignOn.objects.get().refresh_token) == "second"


def test_who_left_every_group_is_out_at_the_next_question(
    issuer: Provider, client: Client, clock: Clock
) -> None:
    with override_settings(OIDC_GROUPS=STRICT):
        lena(issuer, groups=["eng"])
        issuer.sign_in(client, "lena")
        lena(issuer, groups=["sales"])
        clock.advance(hours=13)
        assert recheck_due() == 1
    assert not is_in(client)


def test_never_asked_again_where_that_is_set(
    issuer: Provider, client: Client, clock: Clock
) -> None:
    lena(issuer)
    with override_settings(OIDC_RECHECK_HOURS=0):
        issuer.sign_in(client, "lena")
        clock.advance(days=30)
        assert recheck_due() == 0


@pytest.mark.parametrize("wrong", ["boss=eng", "admin", "admin=", "=eng"])
def test_groups_that_cannot_be_meant_keep_the_product_from_starting(wrong: str) -> None:
    with override_settings(OIDC_GROUPS=wrong):
        assert [error.id for error in check_single_sign_on()] == ["people.E001"]
        with pytest.raises(ImproperlyConfigured, match="OIDC_GROUPS"):
            apps.get_app_config("people").ready()


def test_the_first_role_that_fits_counts() -> None:
    mapping = parse_groups(" admin=ops , responder=eng,stakeholder=* ")
    assert mapping == [("admin", "ops"), ("responder", "eng"), ("stakeholder", "*")]
    assert [role_of(groups, mapping) for groups in (["eng", "ops"], ["eng"], [])] == [
        "admin",
        "responder",
        "stakeholder",
    ]
    assert role_of(["x"], mapping[:2]) is None
