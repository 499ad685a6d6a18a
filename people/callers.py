"""Who is calling the API: a program by its token, or a browser by its session and CSRF token.

What the caller may do to an incident stands in that app's permissions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from ninja.errors import AuthenticationError
from ninja.security.base import AuthBase
from ninja.security.http import HttpAuthBase

from clock.models import Now
from people import rates
from people.agents import count_call
from people.models import ApiToken, Scope, User
from prepared import prepared
from refusals.errors import AgentMayNot, Forbidden

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
#: A token's last use is written at most this often.
TOUCH_EVERY = timedelta(minutes=1)


class ApiRequest(HttpRequest):
    """A request whose caller is known: what every call of the API receives."""

    auth: User


@dataclass(frozen=True)
class Caller:
    """A person, and the token that speaks for them if no session does."""

    person: User
    token: ApiToken | None


def identify(request: HttpRequest) -> Caller | None:
    """Who calls, or nobody. Asked twice for one request it answers from memory.

    A request with an ``Authorization`` header is judged by that alone, so that a wrong token is
    never helped by a cookie. One query for a token, one more when its last use is written.
    """
    if not hasattr(request, "_caller"):
        header = request.headers.get("Authorization")
        caller = _by_session(request) if header is None else _by_token(header)
        request._caller = caller  # type: ignore[attr-defined]
    return request._caller  # type: ignore[attr-defined, no-any-return]


def _by_token(header: str) -> Caller | None:
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer":
        return None
    digest = ApiToken.digest_of(secret.strip())
    token = _token.first(digest)
    if token is None or not token.is_valid_at(token.moment):
        return None
    stale = token.moment - TOUCH_EVERY
    if token.last_used_at is None or token.last_used_at <= stale:
        ApiToken.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lte=stale), pk=token.pk
        ).update(last_used_at=token.moment)
    token.user.token = token
    return Caller(token.user, token)


@prepared
def _token(digest: str) -> "QuerySet[Any]":
    tokens = ApiToken.objects.filter(digest=digest).order_by()
    return tokens.select_related("user").annotate(moment=Now())


def _by_session(request: HttpRequest) -> Caller | None:
    if not isinstance(request.user, User) or not request.user.is_active:
        return None
    return Caller(request.user, None)


class _CsrfCheck(CsrfViewMiddleware):
    """Django's check, answering the reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _csrf_holds(request: HttpRequest) -> bool:
    """Whether the request proves its origin, as every form of ours must. Safe methods always do."""
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    check = _CsrfCheck(lambda _: HttpResponse())
    check.process_request(request)
    return check.process_view(request, _no_view, (), {}) is None


def _no_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


_helping: list[Callable[[User], bool]] = []


def register_helping(ask: Callable[[User], bool]) -> None:
    """Let ``ask`` say which stakeholders help on some incident; its own rules say on which."""
    _helping[:] = [ask]


def _admit(
    request: HttpRequest,
    *,
    responders_only: bool = False,
    ingest: bool = False,
    helpers: bool = False,
    suggests: bool = False,
    personal: bool = False,
) -> User | None:
    """The caller when this call is theirs to make. Refuses scope, CSRF and role (``Forbidden``).

    A token that calls without a pause is told to wait (``TooMany``).
    An agent reads what is not ``personal`` and makes the calls that say it ``suggests``
    (``AgentMayNot``), so many a minute (``TooMany``).
    """
    caller = identify(request)
    if caller is None:
        return None
    request._asked = {  # type: ignore[attr-defined]
        "responders_only": responders_only,
        "ingest": ingest,
        "helpers": helpers,
        "suggests": suggests,
        "personal": personal,
    }
    if caller.token is None:
        if not _csrf_holds(request):
            raise Forbidden("With a session, send the CSRF token in the X-CSRFToken header.")
    elif caller.token.is_agent:
        count_call(caller.token)
        if personal or not (suggests or request.method in SAFE_METHODS):
            raise AgentMayNot
    else:
        rates.rates.count(caller.token)
        needed = [Scope.READ] if request.method in SAFE_METHODS else [Scope.WRITE]
        if ingest:
            needed.append(Scope.INGEST)
        if not set(needed) & set(caller.token.scopes):
            raise Forbidden(f"This token lacks the scope {' or '.join(needed)}.")
    is_let_in = caller.person.is_responder or (
        helpers and any(ask(caller.person) for ask in _helping)
    )
    if responders_only and not is_let_in:
        raise Forbidden("The war room is for responders; stakeholders/{ref} is there for you.")
    return caller.person


def what_was_asked(request: HttpRequest) -> dict[str, bool]:
    """What the call that answered ``request`` asked of its caller, for ``ask_again``."""
    return getattr(request, "_asked", {})


def ask_again(request: HttpRequest, asked: dict[str, bool]) -> None:
    """Refuse (``Forbidden``) a caller who could not make the call now that asked this once."""
    _admit(request, **asked)


class BearerToken(HttpAuthBase):
    """``Authorization: Bearer`` with a token from ``manage.py api_token``."""

    openapi_scheme = "bearer"
    openapi_description = "A token from `manage.py api_token`."

    def __init__(self, **asked: bool) -> None:
        super().__init__()
        self.asked = asked

    def __call__(self, request: HttpRequest) -> User | None:
        """The token's person; raises when there is a header that opens nothing."""
        if "Authorization" not in request.headers:
            return None
        person = _admit(request, **self.asked)
        if person is None:
            raise AuthenticationError(message="This token is unknown, expired or revoked.")
        return person


class SessionCookie(AuthBase):
    """The session of a signed-in browser; unsafe methods need ``X-CSRFToken``."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME
    openapi_description = "A signed-in session; unsafe methods send `X-CSRFToken`."

    def __init__(self, **asked: bool) -> None:
        super().__init__()
        self.asked = asked

    def __call__(self, request: HttpRequest) -> User | None:
        """The signed-in person, CSRF checked after that, so that strangers read 401."""
        return _admit(request, **self.asked)


Auth = list[Callable[[HttpRequest], User | None]]

#: Any account.
ANYBODY: Auth = [BearerToken(), SessionCookie()]
#: Responders and admins: the war room's calls.
RESPONDERS: Auth = [BearerToken(responders_only=True), SessionCookie(responders_only=True)]
#: The same, and stakeholders who help on the incident that is asked about.
HELPERS: Auth = [
    BearerToken(responders_only=True, helpers=True),
    SessionCookie(responders_only=True, helpers=True),
]
#: Programs that only send in: scope ``ingest`` is enough.
INGEST: Auth = [
    BearerToken(responders_only=True, ingest=True),
    SessionCookie(responders_only=True, ingest=True),
]
#: Calls by which an agent suggests; everything else that writes is a person's (P37).
AGENTS: Auth = [
    BearerToken(responders_only=True, suggests=True),
    SessionCookie(responders_only=True),
]
#: The same, and those who help on the incident.
HELPERS_AND_AGENTS: Auth = [
    BearerToken(responders_only=True, helpers=True, suggests=True),
    SessionCookie(responders_only=True, helpers=True),
]
#: What words are checked with: an agent's too.
ANYBODY_CHECKING: Auth = [BearerToken(suggests=True), SessionCookie()]
#: What is addressed to one person, whom no agent reads along with.
IN_PERSON: Auth = [BearerToken(personal=True), SessionCookie()]
