"""Finds the newest update, and the decisions since then that the next one adds by itself."""

from django.db.models import Exists, OuterRef, QuerySet

from incidents.record.models import Incident, TimelineEntry
from incidents.updates.models import Update
from prepared import prepared

DECISIONS = 50
"""More than these between two updates nobody reads in one of them."""


def last_update_of(incident: Incident) -> Update | None:
    """The newest update with who wrote it, or nothing. One query."""
    return _newest.first(incident.pk)


def last_number_of(incident: Incident) -> int:
    """The number of the newest update, 0 before the first. One query."""
    return _newest_number.first(incident.pk) or 0


def new_decisions(incident: Incident) -> list[str]:
    """What was decided since the last word, or the beginning: the first lines of it. One query."""
    return _decisions(incident.pk)


@prepared
def _newest(incident: int) -> "QuerySet[Update]":
    return Update.objects.filter(incident=incident).select_related("by").order_by("-number")[:1]


@prepared
def _newest_number(incident: int) -> "QuerySet[Update, int]":
    numbers = Update.objects.filter(incident=incident).order_by("-number")
    return numbers.values_list("number", flat=True)[:1]


@prepared
def _decisions(incident: int) -> "QuerySet[TimelineEntry, str]":
    entries = TimelineEntry.objects.filter(incident=incident, kind="decision")
    spoken = Update.objects.filter(
        incident=OuterRef("incident"), published_at__gte=OuterRef("recorded_at")
    )
    since = entries.filter(~Exists(spoken)).order_by("seq")
    return since.values_list("text", flat=True)[:DECISIONS]
