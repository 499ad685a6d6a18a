"""The session engine: Django's table, and beside each row who is behind it, to list and end them.

Sessions in the database end when their row does; streams and pages both ask that row.
"""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.postgres.functions import TransactionNow
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet

from clock.models import Now
from clock.queries import now
from people.models import SignIn, User
from prepared import prepared

ORIGIN = "signed_in_from"
"""Where in a session's data the address and browser of its beginning are kept."""


class SessionStore(db.SessionStore):
    """Django's store that also writes a ``SignIn`` for whoever is signed in by it.

    The name must stay: it is part of what signs the data.
    """

    def _get_session_from_db(self) -> Session | None:
        """As Django's, which compiles the same query for every page."""
        found = _standing.first(self.session_key or "")
        if found is None:
            self._session_key = None
        return found

    def save(self, must_create: bool = False) -> None:
        """Store the session and who is behind it. One query more than Django's."""
        with transaction.atomic():
            super().save(must_create=must_create)
            if (user_id := self.get(SESSION_KEY)) and self.session_key:
                origin: dict[str, Any] = self.get(ORIGIN) or {}
                sign_in = SignIn(
                    session_id=self.session_key,
                    user_id=int(user_id),
                    started_at=now(),
                    address=origin.get("address", ""),
                    agent=origin.get("agent", ""),
                    by_single_sign_on=origin.get("by_single_sign_on", False),
                )
                SignIn.objects.bulk_create(
                    [sign_in],
                    update_conflicts=True,
                    unique_fields=["session"],
                    update_fields=["user", "address", "agent", "by_single_sign_on"],
                )


@prepared
def _standing(key: str) -> QuerySet[Session]:
    # By the clock that Django dates its end with, which no offset shifts.
    return Session.objects.filter(session_key=key, expire_date__gt=TransactionNow()).order_by()


def ended_sessions() -> QuerySet[Session]:
    """Sessions that open nothing any more; their ``SignIn`` goes with them."""
    return Session.objects.filter(expire_date__lte=Now())


def sign_ins_of(person: User) -> list[SignIn]:
    """The person's sessions that still open something, newest first. One query."""
    return list(person.sign_ins.filter(session__expire_date__gt=Now()))


def end_sessions(
    person: User, *, keep: str | None = None, single_sign_on_only: bool = False
) -> int:
    """End the person's sessions, the one with the key ``keep`` excepted; answers how many.

    For good: being let in again later revives none. Streams of theirs close within five seconds.
    """
    sign_ins = SignIn.objects.filter(user=person)
    if single_sign_on_only:
        sign_ins = sign_ins.filter(by_single_sign_on=True)
    if keep:
        sign_ins = sign_ins.exclude(session_id=keep)
    keys = list(sign_ins.values_list("session_id", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)
