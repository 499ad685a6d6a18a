"""Who stands behind a cookie or a token, asked for many streams at once.

May they see a topic? That is the audience's answer (``live.topics``), not this module's.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.db.models.functions import Now as DatabaseNow
from django.utils.crypto import constant_time_compare

from clock.models import Now
from people.models import ApiToken, Scope, User


class Credential(NamedTuple):
    """What a request showed: a session's key or a token's digest; ``""`` for nothing at all."""

    session: str = ""
    token: str = ""


class Person(NamedTuple):
    """Whom a credential stands for and what has to stay as it is for that to stay true."""

    user_id: int
    password: str
    credential: Credential


def credential_of(headers: Iterable[tuple[bytes, bytes]]) -> Credential:
    """Read the session cookie or, stronger, the bearer token of an ASGI request."""
    cookie = ""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, secret = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                return Credential(token=ApiToken.digest_of(secret.strip()))
        elif name == b"cookie":
            cookie += ";" + value.decode("latin-1")
    for part in cookie.split(";"):
        name_, _, value_ = part.strip().partition("=")
        if name_ == settings.SESSION_COOKIE_NAME and 8 <= len(value_) <= 64:
            return Credential(session=value_)
    return Credential()


def identify(credentials: Collection[Credential]) -> dict[Credential, Person]:
    """The active people behind these credentials; whatever opens nothing is left out.

    A session counts under the same conditions as on a page: unexpired, of a known backend, and
    made since the password last changed. At most three queries.
    """
    return {
        **_by_session([one for one in credentials if one.session]),
        **_by_token([one for one in credentials if one.token]),
    }


def still_signed_in(people: Collection[Person]) -> set[Person]:
    """Those whose session or token still opens, with the same password. At most three queries."""
    ids = {person.user_id for person in people}
    active = User.objects.active().filter(pk__in=ids)
    passwords = dict(active.values_list("pk", "password"))
    sessions = {person.credential.session for person in people} - {""}
    digests = {person.credential.token for person in people} - {""}
    open_: set[str] = set()
    if sessions:
        open_.update(_sessions(sessions).values_list("session_key", flat=True))
    if digests:
        open_.update(_tokens(digests).values_list("digest", flat=True))
    return {
        person
        for person in people
        if passwords.get(person.user_id) == person.password
        and (person.credential.session or person.credential.token) in open_
    }


def _by_session(credentials: list[Credential]) -> dict[Credential, Person]:
    claims: dict[Credential, dict[str, object]] = {}
    store = SessionStore()
    if credentials:
        found = _sessions({one.session for one in credentials})
        for key, data in found.values_list("session_key", "session_data"):
            claims[Credential(session=key)] = store.decode(data)
    ids = {str(claim.get(SESSION_KEY, "")) for claim in claims.values()}
    users = User.objects.active().in_bulk([int(one) for one in ids if one.isdigit()])
    people = {}
    for credential, claim in claims.items():
        user = users.get(int(str(claim.get(SESSION_KEY) or 0)))
        if user is not None and _is_honest(claim, user):
            people[credential] = Person(user.pk, user.password, credential)
    return people


def _is_honest(claim: dict[str, object], user: User) -> bool:
    """Whether the session was made by one of our backends since the last change of password."""
    stored = str(claim.get(HASH_SESSION_KEY, ""))
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return claim.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS and any(
        constant_time_compare(stored, one) for one in hashes
    )


def _by_token(credentials: list[Credential]) -> dict[Credential, Person]:
    people = {}
    if credentials:
        for token in _tokens({one.token for one in credentials}).select_related("user"):
            credential = Credential(token=token.digest)
            people[credential] = Person(token.user.pk, token.user.password, credential)
    return people


def _sessions(keys: Collection[str]) -> "QuerySet[Session]":
    return Session.objects.filter(session_key__in=keys, expire_date__gt=DatabaseNow())


def _tokens(digests: Collection[str]) -> "QuerySet[ApiToken]":
    in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
    return ApiToken.objects.filter(
        in_time,
        digest__in=digests,
        revoked_at__isnull=True,
        user__is_active=True,
        scopes__contains=[Scope.READ],
    )
