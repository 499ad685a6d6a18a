"""Single sign-on by OpenID Connect: whom the configured issuer lets in, and as what.

Asking it again while somebody is signed in stands in ``rechecking``.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import jwt
from allauth.account.internal.decorators import login_not_required
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from requests import RequestException

from clock.queries import now
from pages.texts import read_line
from people.actions import NAME_LIMIT, change_role, create_or_change_person
from people.groups import parse_groups, role_of
from people.models import Role, SingleSignOn, User
from people.sealing import seal
from people.sessions import end_sessions
from refusals.errors import Forbidden, Invalid
from waits.exchanges import Session

PROVIDER_ID = "sso"
#: Signatures with the issuer's public keys; nothing that our own secret could make.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
CLOCKS_MAY_DIFFER_S = 60
WANTED_IF_OFFERED = ("groups", "offline_access")


class IssuerAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The conversation with the issuer, strict where the library is lenient."""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the issuer sends people back to, by ``BASE_URL``."""
        path = reverse("openid_connect_callback", kwargs={"provider_id": self.provider_id})
        return str(settings.BASE_URL) + path

    @property
    def basic_auth(self) -> bool:
        """Whether our secret goes into a header: so says the standard, unless the issuer does."""
        return by_header(self.openid_config)

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Who signed in. Refuses an ID token that is missing, not signed, or not for us."""
        asked_at = now()
        id_token = kwargs["response"].get("id_token")
        if not id_token:
            raise OAuth2Error("The issuer sent no ID token.")
        try:
            configuration = self.openid_config
            if configuration["issuer"].rstrip("/") != issuer():
                raise OAuth2Error("The issuer calls itself otherwise than OIDC_ISSUER.")
            claims = self._verified(id_token, app.client_id)
            more = self._fetch_user_info(token.token)
        except (KeyError, TypeError, ValueError, jwt.PyJWTError) as error:
            raise OAuth2Error("The issuer's answer could not be read.") from error
        if more.get("sub") != claims.get("sub"):
            raise OAuth2Error("The issuer's answers are about two people.")
        data = {"id_token": claims, "userinfo": more}
        login = self.get_provider().sociallogin_from_response(request, data)
        login.asked_at = asked_at
        return login

    def _verified(self, id_token: str, client_id: str) -> dict[str, Any]:
        """The claims of a token the issuer signed for us and that still holds."""
        configuration = self.openid_config
        with get_adapter().get_requests_session() as session:
            answer = session.get(configuration["jwks_uri"])
            answer.raise_for_status()
        # A token need not name its key where there is only one.
        name = jwt.get_unverified_header(id_token).get("kid")
        keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        for key in (key for key in keys if name is None or key.key_id == name):
            with suppress(jwt.InvalidSignatureError, jwt.InvalidKeyError):
                return jwt.decode(
                    id_token,
                    key,
                    algorithms=ALGORITHMS,
                    issuer=configuration["issuer"],
                    audience=client_id,
                    leeway=CLOCKS_MAY_DIFFER_S,
                    options={"require": ["exp", "iss", "aud", "sub"]},
                )
        raise OAuth2Error("The ID token is not signed by the issuer.")


class Issuer(OpenIDConnectProvider):  # type: ignore[misc]
    """The configured issuer."""

    oauth2_adapter_class = IssuerAdapter

    def get_oauth2_adapter(self, request: HttpRequest) -> IssuerAdapter:
        """One conversation per request, so that the issuer's configuration is read once."""
        if not hasattr(self, "_adapter"):
            self._adapter: IssuerAdapter = super().get_oauth2_adapter(request)
        return self._adapter

    def get_default_scope(self) -> list[str]:
        """Who it is, and their groups and a token to ask again where the issuer offers them."""
        offered = self.get_oauth2_adapter(self.request).openid_config.get("scopes_supported", [])
        extra = [scope for scope in WANTED_IF_OFFERED if scope in offered]
        return ["openid", "profile", "email", *extra]

    def redirect_from_request(self, request: HttpRequest) -> HttpResponse:
        """Send the person to the issuer, or say that it does not answer."""
        try:
            answer: HttpResponse = super().redirect_from_request(request)
        except (RequestException, KeyError, TypeError, ValueError) as error:
            answer = render_authentication_error(request, self, exception=error)
        return answer


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Whom single sign-on lets in while sign-up is closed."""

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> Issuer:
        """The configured issuer; there is no other."""
        return Issuer(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def get_requests_session(self) -> Session:
        """By which the issuer is asked: each answer ends in time, however slowly it talks."""
        return Session(settings.SOCIALACCOUNT_REQUESTS_TIMEOUT)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never by a form: ``pre_social_login`` makes the accounts of newcomers."""
        return False

    @transaction.atomic
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find, join or make the account, and give it the role its groups ask for.

        Refuses (``Forbidden``) an address that is not verified, a newcomer from outside
        ``OIDC_DOMAINS`` and somebody in no group of ``OIDC_GROUPS``. Where the issuer was asked
        about the person meanwhile, that answer's role stands, and it is asked again at once.
        """
        if sociallogin.state.get("process") == "connect":
            return
        claims = claims_of(sociallogin.account.extra_data)
        role = role_asked_for(claims)
        if not sociallogin.is_existing:
            person = _account_of(claims, sociallogin.account.uid, role)
            sociallogin.user = person
            sociallogin.save(request, connect=True)
        person = sociallogin.user
        # Before the role, in the order of ``rechecking``: neither waits for the other for ever.
        rows = SingleSignOn.objects.select_for_update(of=("self",))
        standing = rows.filter(person=person).first()
        asked_at = sociallogin.asked_at
        is_newest = standing is None or standing.checked_at <= asked_at
        if role is not None and person.is_active and is_newest:
            give_role(person, role)
        token = sociallogin.token
        moment, after = now(), recheck_after()
        SingleSignOn.objects.update_or_create(
            person=person,
            defaults={
                "subject": sociallogin.account.uid,
                "access_token": seal(token.token) if token else "",
                "refresh_token": seal(token.token_secret) if token and token.token_secret else "",
                "checked_at": asked_at if standing is None else max(asked_at, standing.checked_at),
                "next_check_at": moment + (after if is_newest else timedelta(0)) if after else None,
            },
        )


def by_header(configuration: Mapping[str, Any]) -> bool:
    """Whether the issuer wants our secret in a header and not in the form."""
    methods = configuration.get("token_endpoint_auth_methods_supported") or []
    return "client_secret_post" not in methods


def claims_of(extra_data: Mapping[str, Any]) -> dict[str, Any]:
    """What the issuer says of somebody: the ID token's claims, then the user info's."""
    return {**extra_data.get("id_token", {}), **extra_data.get("userinfo", {})}


def issuer() -> str:
    """The configured issuer's address."""
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    return str(app["settings"]["server_url"]).rstrip("/")


def recheck_after() -> timedelta | None:
    """How long a sign-in by single sign-on holds until the issuer is asked; None: never asked."""
    hours = float(settings.OIDC_RECHECK_HOURS)
    return timedelta(hours=hours) if hours > 0 else None


def role_asked_for(claims: Mapping[str, Any]) -> str | None:
    """The role the claims' groups give; None when ``OIDC_GROUPS`` is not set.

    Refuses who is in none of them (``Forbidden``).
    """
    mapping = parse_groups(settings.OIDC_GROUPS)
    if not mapping:
        return None
    role = role_of(_groups(claims), mapping)
    if role is None:
        raise Forbidden(
            "Your single sign-on names no group that may use Endstate. Ask an admin which one "
            "you should be in."
        )
    return role


def give_role(person: User, role: str) -> None:
    """Give the role the issuer asks for; the last manager stays one, whatever it says."""
    try:
        change_role(person, role)
    except Invalid:
        person.role = Role.ADMIN


def _groups(claims: Mapping[str, Any]) -> Collection[str]:
    groups = claims.get("groups", [])
    if isinstance(groups, str):
        return {groups}
    return {str(group) for group in groups} if isinstance(groups, list) else set()


def _account_of(claims: Mapping[str, Any], subject: str, role: str | None) -> User:
    """The account with that verified address, or a new one within ``OIDC_DOMAINS``."""
    email = str(claims.get("email") or "").strip().lower()
    if not email or str(claims.get("email_verified")).lower() != "true":
        raise Forbidden(
            "Your single sign-on does not say that your address is verified. Have it verified "
            "there, then sign in again."
        )
    person: User | None = User.objects.select_for_update().with_address(email).first()
    if person is not None:
        others = SocialAccount.objects.filter(user=person, provider=PROVIDER_ID)
        if others.exclude(uid=subject).exists():
            raise Forbidden(
                "The account with your address belongs to another identity of the single "
                "sign-on. Ask an admin."
            )
        _take_over_unproven(person)
        return person
    if email.rpartition("@")[2] not in settings.OIDC_DOMAINS:
        raise Forbidden("You have no account here yet. Ask an admin to add you.")
    name = called(str(claims.get("name") or ""))
    try:
        person, _ = create_or_change_person(email, name=name, role=role)
    except Invalid as invalid:
        raise Forbidden(" ".join(invalid.errors.values())) from None
    return person


def called(name: str) -> str | None:
    """The name an issuer gives as a person may have it: nothing where nothing can be read."""
    try:
        return read_line("name", name, 1000)[:NAME_LIMIT].strip() or None
    except Invalid:
        return None


def _take_over_unproven(person: User) -> None:
    """An address a stranger signed up with is its owner's now, and the stranger's password gone."""
    address = EmailAddress.objects.filter(user=person, email=person.email).first()
    if address is None or not address.verified:
        person.set_unusable_password()
        person.save(update_fields=["password", "password_is_short"])
        EmailAddress.objects.filter(user=person).delete()
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        end_sessions(person)


@login_not_required  # type: ignore[untyped-decorator]
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where the issuer sends people back to."""
    try:
        view = OAuth2CallbackView.adapter_view(IssuerAdapter(request, provider_id))
        response: HttpResponse = view(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return response
