"""How often a password may be tried. Counted in PostgreSQL, so that it holds whatever else is away.

Wrong tries count for an account from one address, so nobody keeps anybody else out; wide limits
on one account and on one address slow down whoever tries from many. A browser in which the
account has signed in before has a count of its own, and passkeys are not counted at all.
"""

import hashlib
import ipaddress
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse

from clock.queries import now
from people.models import SignInAttempt, User

logger = logging.getLogger(__name__)

COOKIE = "__Host-known" if settings.IS_HTTPS else "known"
COOKIE_AGE = timedelta(days=400)
SALT = "people.known-browser"
MOST_KNOWN = 10
MOST_LETTERS = 5


@dataclass(frozen=True)
class Limit:
    """At most so many wrong tries in that time for what ``key`` stands for."""

    key: str
    most: int
    within: timedelta


KEPT = timedelta(days=1)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, an IPv6 network counting as one place.

    ``X-Forwarded-For`` is believed as far as ``TRUSTED_PROXIES`` goes, counted from the right.
    """
    address = request.META.get("REMOTE_ADDR") or ""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and settings.TRUSTED_PROXIES > 0:
        hops = [hop.strip() for hop in forwarded.split(",")]
        address = hops[-min(settings.TRUSTED_PROXIES, len(hops))]
    try:
        found = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return address[:45]
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network(f"{found}/64", strict=False).network_address)
    return str(getattr(found, "ipv4_mapped", None) or found)


_warned = False


def warn_of_proxy() -> None:
    """Say once per process that somebody forwards requests whom the settings do not know."""
    global _warned
    if settings.TRUSTED_PROXIES == 0 and not _warned:
        _warned = True
        logger.warning(
            "Requests arrive with X-Forwarded-For, but TRUSTED_PROXIES is 0: the header is not "
            "believed, so everybody counts as one address in the sign-in limits. If a proxy of "
            "yours stands in front, set TRUSTED_PROXIES to how many there are."
        )


class Attempt:
    """One try with a password: counted before the password is looked at, taken back if good."""

    def __init__(self, request: HttpRequest, login: str) -> None:
        account, address = login.strip().lower(), address_of(request)
        if browser := _known_browser(request, account):
            limits = [Limit(_digest("browser", browser, account), 10, timedelta(minutes=5))]
        else:
            limits = [
                Limit(_digest("pair", account, address), 5, timedelta(minutes=5)),
                Limit(_digest("address", address), 50, timedelta(minutes=5)),
                Limit(_account_key(account), 100, timedelta(hours=1)),
            ]
        moment = now()
        SignInAttempt.objects.filter(at__lt=moment - KEPT).delete()
        self._rows = SignInAttempt.objects.bulk_create(
            [SignInAttempt(key=limit.key, at=moment) for limit in limits]
        )
        counts: dict[str, Any] = {
            f"c{number}": Count("pk", filter=Q(key=limit.key, at__gt=moment - limit.within))
            for number, limit in enumerate(limits)
        }
        keys = [limit.key for limit in limits]
        found = SignInAttempt.objects.filter(key__in=keys).aggregate(**counts)
        self.is_one_too_many = any(
            found[f"c{number}"] > limit.most for number, limit in enumerate(limits)
        )
        if self.is_one_too_many:
            # What is refused unseen does not count, or trying on would never end it.
            self.take_back()

    def take_back(self) -> None:
        """The try was a good one, or was not looked at."""
        SignInAttempt.objects.filter(pk__in=[row.pk for row in self._rows]).delete()


def forgive(account: str, request: HttpRequest) -> None:
    """Forget the wrong tries at an account whose person set a new password by their mail."""
    account = account.lower()
    keys = [_account_key(account), _digest("pair", account, address_of(request))]
    SignInAttempt.objects.filter(key__in=keys).delete()


def is_flood(kind: str, person: User) -> bool:
    """Whether strangers had five mails of that kind sent to ``person`` within the last hour.

    Counts this one when not.
    """
    key, moment = _digest("letter", kind, str(person.pk)), now()
    sent = SignInAttempt.objects.filter(key=key, at__gt=moment - timedelta(hours=1)).count()
    if sent >= MOST_LETTERS:
        return True
    SignInAttempt.objects.create(key=key, at=moment)
    return False


def remember_browser(request: HttpRequest, response: HttpResponse, person: User) -> None:
    """Let this browser be known for ``person`` from now on, by a signed cookie."""
    browser, people = _read(request)
    people = [person.pk, *(one for one in people if one != person.pk)][:MOST_KNOWN]
    value = signing.dumps([browser or secrets.token_urlsafe(12), people], salt=SALT)
    response.set_cookie(
        COOKIE,
        value,
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known_browser(request: HttpRequest, account: str) -> str:
    browser, people = _read(request)
    if browser and User.objects.with_address(account).filter(pk__in=people).exists():
        return browser
    return ""


def _read(request: HttpRequest) -> tuple[str, list[int]]:
    try:
        browser, people = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE
        )
    except signing.BadSignature:
        return "", []
    return browser, people


def _account_key(account: str) -> str:
    return _digest("account", account)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
