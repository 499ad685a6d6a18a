"""Side work that waits for the incident."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet

from incidents.record.columns import rows_of
from incidents.record.models import Incident
from incidents.sidework.models import PausedWork
from prepared import prepared


@dataclass(frozen=True)
class PausedView:
    """Side work that waits, or what became of it."""

    id: int
    title: str
    owner: str
    owner_email: str
    url: str
    why: str
    resume_when: str
    at: datetime
    outcome: str
    note: str


def paused_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``paused_in`` reads it."""
    paused = PausedWork.objects.filter(incident=OuterRef("pk")).order_by("pk")
    return {
        "paused_rows": rows_of(
            paused,
            *("id", "title", "url", "why", "resume_when", "outcome", "note"),
            owner="owner__name",
            owner_email="owner__email",
            at="paused_at",
        ),
    }


def paused_in(incident: Any) -> list[PausedView]:
    """All paused work of an incident that was read with ``paused_columns``."""
    return [
        PausedView(**{**row, "at": datetime.fromisoformat(row["at"])})
        for row in incident.paused_rows
    ]


@prepared
def with_paused(incident: int) -> "QuerySet[Incident]":
    """The incident with its paused work."""
    return Incident.objects.filter(pk=incident).order_by().annotate(**paused_columns())
