"""The lock that every action on an incident takes first; then come deadline and delivery."""

from django.db.models import QuerySet

from api.mentions import note_about
from incidents.record.models import Incident
from prepared import prepared
from refusals.errors import NotVisible
from waits.places import Places

#: One incident that somebody holds must not take every thread that answers pages.
_queue = Places()


def lock_incident(incident_id: int) -> Incident:
    """The incident's row, fresh and locked ``FOR NO KEY UPDATE`` until the transaction ends.

    Raises ``NotVisible`` when it is gone, and what ``waits.trouble`` calls busy when it cannot be
    had in time. One query.
    """
    with _queue.one(incident_id):
        incident = _locked.first(incident_id)
    if incident is None:
        raise NotVisible
    note_about(incident.pk)
    return incident


def lock_incidents(incidents: "QuerySet[Incident]") -> list[int]:
    """The ids of several incidents, all locked, always in one order. One query."""
    rows = incidents.select_for_update(no_key=True, of=("self",)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


@prepared
def _locked(incident: int) -> "QuerySet[Incident]":
    return Incident.objects.select_for_update(no_key=True).filter(pk=incident).order_by()
