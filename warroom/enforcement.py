"""Whether enforcement runs for an incident, and what of its messages waits or was given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clock.models import Now
from deadlines.models import Pass
from incidents.record.models import Incident
from notifications.models import Delivery, State

LATE_AFTER = timedelta(seconds=45)
"""A pass comes at least every two seconds by the loop and every five by beat."""


WAITING_LONG = timedelta(minutes=1)


@dataclass(frozen=True)
class Watch:
    """One incident's enforcement at ``at``; ``ran_at`` is the newest pass, whoever rang."""

    at: datetime
    ran_at: datetime | None
    waiting: int
    dead: int

    @property
    def is_late(self) -> bool:
        """Whether no pass ran for so long that nudges are late."""
        return self.ran_at is None or self.at - self.ran_at > LATE_AFTER


def watch_of(incident: Incident) -> Watch:
    """When enforcement last ran, and how many of the incident's messages are stuck. One query."""
    return watch_in(Incident.objects.filter(pk=incident.pk).annotate(**watch_columns()).get())


def watch_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``watch_in`` finds it in its rows.

    ``waiting``: written more than a minute ago and still tried; ``dead``: given up.
    """
    waiting = Delivery.objects.underway().filter(created_at__lt=Now() - WAITING_LONG)
    return {
        "moment": Now(),
        "enforced_at": Subquery(Pass.objects.order_by("-ran_at").values("ran_at")[:1]),
        "waiting": _count(waiting),
        "dead": _count(Delivery.objects.filter(state=State.DEAD)),
    }


def watch_in(row: Any) -> Watch:
    """The watch over an incident that was read with ``watch_columns``."""
    return Watch(row.moment, row.enforced_at, row.waiting, row.dead)


def _count(deliveries: "QuerySet[Delivery]") -> Coalesce:
    mine = deliveries.filter(incident_id=OuterRef("pk")).order_by().values("incident_id")
    return Coalesce(Subquery(mine.annotate(rows=Count("pk")).values("rows")), 0)
