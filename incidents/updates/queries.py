"""Finds the newest update, and what the next one adds by itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet

from incidents.cards.models import Card, Column
from incidents.cards.queries import NextMove
from incidents.record.columns import rows_of
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


@dataclass(frozen=True)
class Beside:
    """What an update tells besides what its writer says.

    ``next``: the next two moves, each with its by-when (P44, P18). ``now``: what is being done, by
    whom (``email``, ``name``) and until when. ``decisions``: what was decided since the last word,
    or the beginning.
    """

    next: list[NextMove]
    now: list[dict[str, Any]]
    decisions: list[str]


def beside_of(incident: Incident) -> Beside:
    """What is true on the board and in the record right now. One query."""
    ((planned, running, decisions),) = _beside(incident.pk)
    moves = [
        NextMove(row["title"], row["by_when"] and datetime.fromisoformat(row["by_when"]))
        for row in planned
    ]
    return Beside(moves, [_as_told(row) for row in running], decisions)


def _as_told(row: dict[str, Any]) -> dict[str, Any]:
    until = row["until"]
    return {
        "title": row["title"],
        "owner": row["email"] and {"email": row["email"], "name": row["name"]},
        "until": until and datetime.fromisoformat(until).isoformat().replace("+00:00", "Z"),
    }


@prepared
def _newest(incident: int) -> "QuerySet[Update]":
    return Update.objects.filter(incident=incident).select_related("by").order_by("-number")[:1]


@prepared
def _newest_number(incident: int) -> "QuerySet[Update, int]":
    numbers = Update.objects.filter(incident=incident).order_by("-number")
    return numbers.values_list("number", flat=True)[:1]


@prepared
def _beside(
    incident: int,
) -> "QuerySet[Incident, tuple[list[Any], list[Any], list[str]]]":
    cards = Card.objects.filter(incident=OuterRef("pk")).order_by("position", "id")
    entries = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind="decision")
    spoken = Update.objects.filter(
        incident=OuterRef("incident"), published_at__gte=OuterRef("recorded_at")
    )
    since = entries.filter(~Exists(spoken)).order_by("seq")
    return (
        Incident.objects.filter(pk=incident)
        .order_by()
        .annotate(
            next_rows=rows_of(cards.filter(column=Column.NEXT), "title", "by_when", most=2),
            now_rows=rows_of(
                cards.filter(column=Column.NOW),
                "title",
                until="time_box_ends_at",
                email="owner__email",
                name="owner__name",
            ),
            decision_rows=ArraySubquery(since.values("text")[:DECISIONS]),
        )
        .values_list("next_rows", "now_rows", "decision_rows")
    )
