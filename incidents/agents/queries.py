"""What agents left and nobody decided yet, read as columns of the incident."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from incidents.agents.models import AgentNote, Draft
from incidents.record.columns import rows_of
from incidents.record.models import Incident
from incidents.updates.models import Update
from incidents.updates.queries import last_number_of


@dataclass(frozen=True)
class NoteView:
    """One unconfirmed note: what the agent says, and who answers for it."""

    seq: int
    text: str
    agent: str
    by: str
    at: datetime


@dataclass(frozen=True)
class DraftView:
    """One draft for the update that comes next; ``agent`` is empty where a person wrote it."""

    id: int
    number: int
    agent: str
    by: str
    at: datetime
    summary: str


def agent_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that both below read it."""
    notes = AgentNote.objects.filter(incident=OuterRef("pk"), is_confirmed=None).order_by("-seq")
    drafts = Draft.objects.filter(incident=OuterRef("pk"), dropped_at=None).order_by("-pk")
    spoken = Update.objects.filter(incident=OuterRef("incident")).order_by().values("incident")
    newest = Coalesce(Subquery(spoken.annotate(newest=Max("number")).values("newest")), 0)
    return {
        "agent_note_rows": rows_of(
            notes, "seq", "text", "at", most=20, agent="token__name", by="by__name"
        ),
        "draft_rows": rows_of(
            drafts.annotate(spoken=newest).filter(number__gt=Coalesce("spoken", 0)),
            *("id", "number", "at"),
            most=5,
            agent="token__name",
            by="by__name",
            summary=Coalesce(NullIf("executive_summary", Value("")), "status_text"),
        ),
    }


def unconfirmed_in(incident: Any) -> list[NoteView]:
    """The notes of agents that nobody confirmed or rejected, the newest first."""
    return [
        NoteView(**{**row, "at": datetime.fromisoformat(row["at"])})
        for row in incident.agent_note_rows
    ]


def drafts_in(incident: Any) -> list[DraftView]:
    """The drafts of the next update, the newest first; after the end none is awaited."""
    if not incident.is_open:
        return []
    return [
        DraftView(**{**row, "agent": row["agent"] or "", "at": datetime.fromisoformat(row["at"])})
        for row in incident.draft_rows
    ]


def draft_waiting(incident: Incident, draft_id: int) -> Draft | None:
    """One of the drafts above by its id, or nothing. Two queries."""
    if not incident.is_open:
        return None
    standing = incident.drafts.filter(dropped_at=None, number__gt=last_number_of(incident))
    return standing.filter(pk=draft_id).first()
