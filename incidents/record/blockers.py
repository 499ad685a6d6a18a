"""Reads from the record what blocked an incident, from one sentence to the next (P03)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef
from django.db.models.fields.json import KT

from incidents.record.columns import rows_of
from incidents.record.models import TimelineEntry

SHOWN = 20


@dataclass(frozen=True)
class BlockerSaid:
    """A sentence that stood as the blocker from a moment on; empty: nothing blocked any more."""

    seq: int
    text: str
    at: datetime


def blocker_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``blockers_in`` reads it."""
    said = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind="blocker_changed")
    said = said.order_by("-seq")
    return {"blocker_rows": rows_of(said, "seq", "at", most=SHOWN, text=KT("data__after"))}


def blockers_in(incident: Any) -> list[BlockerSaid]:
    """The blockers of an incident that was read with ``blocker_columns``, the newest first."""
    return [
        BlockerSaid(row["seq"], row["text"] or "", datetime.fromisoformat(row["at"]))
        for row in incident.blocker_rows
    ]
