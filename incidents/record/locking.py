"""The lock that every action on an incident takes first; then come deadline and delivery."""

from datetime import datetime

from django.db.models import QuerySet

from api.mentions import note_about
from clock.models import Now
from clock.queries import now
from incidents.record.models import Incident
from prepared import prepared
from refusals.errors import NotVisible
from waits.places import Places

#: One incident that somebody holds must not take every thread that answers pages.
_queue = Places()


def lock_incident(incident_id: int) -> Incident:
    """The incident's row, fresh and locked ``FOR NO KEY UPDATE`` until the transaction ends.

    It carries the moment, for ``moment_of``.

    Raises ``NotVisible`` when it is gone, and what ``waits.trouble`` calls busy when it cannot be
    had in time. One query.
    """
    with _queue.one(incident_id):
        incident = _locked.first(incident_id)
    if incident is None:
        raise NotVisible
    note_about(incident.pk)
    return incident


def moment_of(incident: Incident) -> datetime:
    """The one moment of whoever holds this row's lock; of a row read without it: now.

    No query, else one.
    """
    return getattr(incident, "locked_at", None) or now()


def is_locked(incident: Incident) -> bool:
    """Whether the row was read with its lock, and so is true for the rest of the transaction."""
    return hasattr(incident, "locked_at")


def lock_incidents(incidents: "QuerySet[Incident]") -> list[int]:
    """The ids of several incidents, all locked, always in one order. One query."""
    rows = incidents.select_for_update(no_key=True, of=("self",)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


@prepared
def _locked(incident: int) -> "QuerySet[Incident]":
    rows = Incident.objects.select_for_update(no_key=True, of=("self",)).filter(pk=incident)
    return rows.annotate(locked_at=Now()).order_by()
