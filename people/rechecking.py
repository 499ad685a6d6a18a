"""Asking the single sign-on again whether, and as what, somebody may still be here.

Runs beside requests, rung by beat and by the loop; a row is claimed with a lease. Only a clear
"no" of the issuer ends anything: while it does not answer, everything stays as it is.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings
from django.db import transaction

from clock.queries import now
from people.models import SingleSignOn
from people.sealing import Unreadable, seal, unseal
from people.sessions import end_sessions
from people.single_sign_on import by_header, give_role, issuer, recheck_after, role_asked_for
from refusals.errors import Forbidden
from waits.exchanges import Answer, ask, client

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
AGAIN_AFTER_SILENCE = timedelta(minutes=5)
ANSWERS_WITHIN_S = 5.0
MOST_AT_ONCE = 50


class Silent(Exception):
    """The issuer does not answer, or cannot at the moment."""


class Refused(Exception):
    """The issuer says clearly that this sign-in counts no more."""


@dataclass(frozen=True)
class Said:
    """The issuer's answer: claims, and the tokens to ask with next time."""

    claims: dict[str, Any]
    access_token: str
    refresh_token: str


def recheck_due(limit: int = MOST_AT_ONCE) -> int:
    """Ask the issuer about those whose time has come; answers how many it was asked about.

    Any number at once is harmless. Blocks while the issuer takes its time, five seconds at most
    a question: for the loop and the worker, never for a request. Silence ends the round.
    """
    if not settings.SOCIALACCOUNT_PROVIDERS or recheck_after() is None:
        return 0
    asked = 0
    while asked < limit and (row := _claim()) is not None:
        asked += 1
        lease = row.next_check_at
        try:
            said = _ask(row)
        except Silent as silence:
            logger.warning("The single sign-on does not answer: %s", silence)
            _settle(row, lease, next_check_at=now() + AGAIN_AFTER_SILENCE)
            _postpone()
            break
        except Refused:
            _end(row, lease)
        else:
            _apply(row, lease, said)
    return asked


@transaction.atomic
def _claim() -> SingleSignOn | None:
    moment = now()
    due = SingleSignOn.objects.filter(next_check_at__lte=moment, person__is_active=True)
    rows = due.order_by("next_check_at").select_for_update(skip_locked=True, of=("self",))
    row = rows.select_related("person").first()
    if row is not None:
        # When it is asked, kept with the answer: a sign-in that asked later knows better.
        row.checked_at, row.next_check_at = moment, moment + LEASE
        row.save(update_fields=["next_check_at"])
    return row


def _postpone() -> None:
    """Who is silent for one is silent for all: ask nobody else until it may have come back."""
    moment = now()
    due = SingleSignOn.objects.filter(next_check_at__lte=moment)
    due.update(next_check_at=moment + AGAIN_AFTER_SILENCE)


def _settle(row: SingleSignOn, lease: datetime | None, **fields: Any) -> bool:
    """Write the outcome if the row is still ours: nobody signed in anew or asked meanwhile."""
    return bool(SingleSignOn.objects.filter(pk=row.pk, next_check_at=lease).update(**fields))


@transaction.atomic
def _end(row: SingleSignOn, lease: datetime | None) -> None:
    """End what was begun by single sign-on; a password stays a way in for who has one."""
    if _settle(
        row, lease, next_check_at=None, checked_at=row.checked_at, refresh_token="", access_token=""
    ):
        ended = end_sessions(row.person, single_sign_on_only=True)
        logger.info("The single sign-on ended %s sessions of person %s.", ended, row.person_id)


@transaction.atomic
def _apply(row: SingleSignOn, lease: datetime | None, said: Said) -> None:
    moment, after = now(), recheck_after()
    try:
        role = role_asked_for(said.claims)
    except Forbidden:
        _end(row, lease)
        return
    kept = _settle(
        row,
        lease,
        checked_at=row.checked_at,
        next_check_at=moment + after if after else None,
        access_token=seal(said.access_token),
        refresh_token=seal(said.refresh_token) if said.refresh_token else "",
    )
    if kept and role is not None:
        give_role(row.person, role)


def _ask(row: SingleSignOn) -> Said:
    """Ask the issuer about one person; raises ``Silent`` or ``Refused``."""
    try:
        access = unseal(row.access_token) if row.access_token else ""
        refresh = unseal(row.refresh_token) if row.refresh_token else ""
    except Unreadable:
        raise Refused from None
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    try:
        with client(ANSWERS_WITHIN_S) as line:
            configuration = _ask_for(line, f"{issuer()}/.well-known/openid-configuration")
            if refresh:
                tokens = _refresh(line, configuration, app, refresh)
                access = str(tokens["access_token"])
                refresh = str(tokens.get("refresh_token") or refresh)
            bearer = {"Authorization": f"Bearer {access}"}
            claims = _ask_for(line, configuration["userinfo_endpoint"], headers=bearer)
    except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
        raise Silent(type(error).__name__) from error
    if claims.get("sub") != row.subject:
        raise Refused
    return Said(claims, access, refresh)


def _refresh(
    line: httpx.Client, configuration: dict[str, Any], app: dict[str, Any], token: str
) -> dict[str, Any]:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    address = configuration["token_endpoint"]
    if by_header(configuration):
        basic = httpx.BasicAuth(app["client_id"], app["secret"])
        return _ask_for(line, address, "POST", data=form, auth=basic)
    own = {"client_id": app["client_id"], "client_secret": app["secret"]}
    return _ask_for(line, address, "POST", data={**form, **own})


def _ask_for(line: httpx.Client, url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    """The body. A 400 ``invalid_grant``, 401 or 403 is a no; anything else unread is silence."""
    answer = ask(line, method, url, within_s=ANSWERS_WITHIN_S, **more)
    if answer.status in (401, 403):
        # Our own credentials being wrong says nothing about the person.
        if _error(answer) in ("invalid_client", "unauthorized_client"):
            raise Silent("invalid_client")
        raise Refused
    if answer.status == 400 and _error(answer) == "invalid_grant":
        raise Refused
    if answer.status != 200:
        raise Silent(f"HTTP {answer.status}")
    found = answer.json()
    if not isinstance(found, dict):
        raise Silent("not an object")
    return found


def _error(answer: Answer) -> str:
    try:
        found = answer.json()
    except ValueError:
        return ""
    return str(found.get("error", "")) if isinstance(found, dict) else ""
