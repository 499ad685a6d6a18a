"""Questions about subscriptions."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Subquery

from clock.models import Now
from clock.queries import now
from incidents.record.models import Incident
from people.models import User
from prepared import prepared
from stakeholders.subscriptions.links import CONFIRM_WITHIN
from stakeholders.subscriptions.models import Subscription, Way

#: When an address that never agreed is forgotten: its link holds no more by then.
FORGOTTEN_AFTER = CONFIRM_WITHIN + timedelta(days=1)


def subscriptions_of(user: User) -> QuerySet[Subscription]:
    """What this person subscribed to, for themselves and for others, as far as they may see it.

    One query.
    """
    seen = Q(incident__isnull=True) | Q(incident__in=Incident.objects.visible_to(user))
    rows = Subscription.objects.filter(seen, person=user)
    return rows.select_related("incident", "service", "endpoint", "person")


def mine_to(user: User, incident: Incident) -> Subscription | None:
    """My subscription to this incident by e-mail, if there is one. One query."""
    return _mine_by_mail(user.pk, incident.pk).first()


def how_followed(user: User, incident: Incident) -> tuple[datetime, str, bool]:
    """The present moment, how often this person gets a mail about ``incident``, or nothing.

    And whether the file comes with the all-clear; all at once, since a page asks for all. One
    query.
    """
    ((moment, every, snapshot),) = _now_and_mine(user.pk, incident.pk)
    return moment, every or "", bool(snapshot)


@prepared
def _now_and_mine(
    person: int, incident: int
) -> "QuerySet[Any, tuple[datetime, str | None, bool | None]]":
    rows = _mine_by_mail(person, incident).order_by()
    found = User.objects.filter(pk=person).annotate(
        moment=Now(),
        every=Subquery(rows.values("every")[:1]),
        snapshot=Subquery(rows.values("snapshot")[:1]),
    )
    return found.values_list("moment", "every", "snapshot")  # type: ignore[no-any-return]


def _mine_by_mail(person: int, incident: int) -> QuerySet[Subscription]:
    return Subscription.objects.filter(person=person, incident=incident, way=Way.EMAIL, address="")


def unanswered() -> QuerySet[Subscription]:
    """Of addresses that never agreed, and whose link holds no more."""
    return Subscription.objects.filter(confirmed_at=None, created_at__lt=now() - FORGOTTEN_AFTER)
