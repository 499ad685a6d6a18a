"""Finds who stands behind cookies and tokens, for many streams at once.

May they see a topic? That is the audience's answer (``live.topics``), not this module's.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Func, IntegerField, Q, QuerySet
from django.db.models.functions import Now as DatabaseNow
from django.utils.crypto import constant_time_compare

from clock.models import Now
from pages.numbers import whole
from people.models import ApiToken, Scope, User
from people.queries import among

#: How many of a crowd's claims stand: a list in one text each, not thousands of parameters.
STANDING = f"""
SELECT
    (SELECT count(*) FROM {Session._meta.db_table}
        WHERE session_key = ANY(string_to_array(%s, ',')) AND expire_date > now()),
    (SELECT count(*) FROM {ApiToken._meta.db_table}
        WHERE digest = ANY(string_to_array(%s, ',')) AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > endstate_now())),
    count(*), coalesce(sum(hashtext(people.password)::bigint), 0)
FROM ("""  # noqa: S608 - only the names of our own tables


class PasswordStamp(Func):
    """A number that changes with a stored password; good while this process lives."""

    function = "hashtext"
    output_field = IntegerField()


STAMP = PasswordStamp("password")


class Credential(NamedTuple):
    """What a request showed: a session's key or a token's digest; ``""`` for nothing at all."""

    session: str = ""
    token: str = ""


class Person(NamedTuple):
    """Whom a credential stands for; ``stamp`` changes with the password."""

    user_id: int
    stamp: int
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


class SignIns:
    """Many people's sign-ins, laid out to be asked about in one query, again and again.

    ``seeing`` narrows down who of them is well: whoever may see a topic, as it is when asked.
    """

    def __init__(self, people: Collection[Person], seeing: "QuerySet[User] | None" = None) -> None:
        self.people = frozenset(people)
        self.sessions = {one.credential.session for one in people} - {""}
        self.tokens = {one.credential.token for one in people} - {""}
        self.stamps = {one.user_id: one.stamp for one in people}
        sessions, tokens, ids = (
            ",".join(map(str, column)) for column in (self.sessions, self.tokens, self.stamps)
        )
        well = among(User.objects.all() if seeing is None else seeing, ids).filter(is_active=True)
        sql, parameters = well.order_by().values("password").query.sql_with_params()
        self._question = f"{STANDING}{sql}) AS people"
        self._parameters = [sessions, tokens, *parameters]
        self._all_well = (
            len(self.sessions),
            len(self.tokens),
            len(self.stamps),
            sum(self.stamps.values()),
        )

    def are_all_well(self) -> bool:
        """Whether every session and token opens, and everybody is active and may see. One query."""
        with connection.cursor() as cursor:
            cursor.execute(self._question, self._parameters)
            return bool(cursor.fetchone() == self._all_well)

    def ended(self) -> set[Person]:
        """Whose session or token no longer opens, or who is inactive or changed the password.

        At most three queries.
        """
        if not self.people:
            return set()
        open_ = {
            *_sessions(self.sessions).values_list("session_key", flat=True),
            *_tokens(self.tokens).values_list("digest", flat=True),
        }
        people = among(User.objects.active(), ",".join(map(str, self.stamps)))
        stamps = dict(people.annotate(stamp=STAMP).values_list("pk", "stamp"))
        return {
            one
            for one in self.people
            if stamps.get(one.user_id) != one.stamp
            or (one.credential.session or one.credential.token) not in open_
        }


def _by_session(credentials: list[Credential]) -> dict[Credential, Person]:
    claims: dict[Credential, dict[str, object]] = {}
    store = SessionStore()
    if credentials:
        found = _sessions({one.session for one in credentials})
        for key, data in found.values_list("session_key", "session_data"):
            claims[Credential(session=key)] = store.decode(data)
    ids = {claim: whole(held.get(SESSION_KEY, "")) for claim, held in claims.items()}
    known = {pk for pk in ids.values() if pk is not None}
    users = User.objects.active().annotate(stamp=STAMP).in_bulk(known)
    people = {}
    for credential, claim in claims.items():
        user = users.get(ids[credential] or 0)
        if user is not None and _is_honest(claim, user):
            people[credential] = Person(user.pk, user.stamp, credential)
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
        tokens = _tokens({one.token for one in credentials})
        found = tokens.annotate(stamp=PasswordStamp("user__password"))
        for digest, user_id, stamp in found.values_list("digest", "user", "stamp"):
            credential = Credential(token=digest)
            people[credential] = Person(user_id, stamp, credential)
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
