"""Entries that people write on the timeline themselves."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from clock.queries import now
from incidents.agents.actions import keep_agent_note
from incidents.attachments.actions import use_attachments
from incidents.attachments.queries import as_said
from incidents.record.afterwards import check_near
from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import record
from incidents.roster.presence import enter
from pages.moments import happened
from pages.texts import read_text
from people.models import User
from refusals.errors import AgentMayNot, Invalid

KINDS = ("note", "decision")


@transaction.atomic
def add_note(
    incident: Incident,
    *,
    by: User,
    text: str,
    at: datetime | None = None,
    kind: str = "note",
    attachments: Sequence[int] = (),
) -> TimelineEntry:
    """Write a ``note`` or a ``decision`` on the timeline and answer the entry.

    ``at`` is when it happened, now if nothing is said; in the past it is marked *recorded
    afterwards*. ``attachments`` are files of this incident. Refuses (``Invalid``) an empty text,
    another kind and the future. Notes may be written after the incident ended: the record is
    completed then. An agent's is unconfirmed until a person confirms it (P37).
    """
    incident = enter(incident, by=by, helpers=True, agents=True)
    if kind not in KINDS:
        raise Invalid({"kind": f"One of {', '.join(KINDS)}."})
    text = read_text("text", text, 2000, required="Write what happened.")
    at = happened("at", at, now())
    check_near("at", at, incident.declared_at)
    files = use_attachments(incident, attachments, by=by)
    if by.agent is not None:
        if kind != "note":
            raise AgentMayNot("people decide")
        return keep_agent_note(incident, by=by, text=text, at=at)
    return record(
        incident, kind, by=by, text=text, at=at, afterwards=at is not None, **as_said(files)
    )
