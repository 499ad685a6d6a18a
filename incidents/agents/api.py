"""The API's calls about what agents leave: drafts, and notes that wait to be confirmed."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Reason
from incidents.agents.actions import confirm_note, drop_draft, reject_note, write_draft
from incidents.agents.answers import DraftAnswer, NoteAnswer, draft_answer, note_answer
from incidents.agents.models import AgentNote, Draft
from incidents.record.finding import incident_of, part_of
from incidents.record.models import Incident
from people.callers import AGENTS, RESPONDERS, ApiRequest
from refusals.errors import Invalid, NotVisible

router = Router(auth=RESPONDERS, tags=["agents"])

Paragraph = Annotated[str, Field(max_length=2000)]


class NewDraft(Body):
    """The parts of an update, as far as they are known."""

    status_text: Paragraph | None = None
    hypothesis: Paragraph | None = None
    current_action: Paragraph | None = None
    risks: Paragraph | None = None
    next_moves: list[Annotated[str, Field(max_length=300)]] | None = Field(None, max_length=10)
    executive_summary: Paragraph | None = None
    technical_note: str | None = Field(None, max_length=10_000)


class Rejection(Body):
    """Why it is wrong."""

    reason: Reason | None = None


@router.post("/incidents/{ref}/drafts", response={201: DraftAnswer}, auth=AGENTS)
def draft(request: ApiRequest, ref: str, body: NewDraft) -> Status[DraftAnswer]:
    """Write an update as a draft, which a person reads, changes and publishes."""
    incident = incident_of(request, ref)
    made = write_draft(incident, by=request.auth, **body.model_dump(exclude_none=True))
    return Status(201, draft_answer(made, incident.ref))


@router.delete("/drafts/{int:draft_id}", response={204: None})
def drop(request: ApiRequest, draft_id: int) -> Status[None]:
    """Put a draft aside."""
    found = part_of(request, Draft.objects.all, draft_id)
    drop_draft(found.pk, by=request.auth)
    return Status(204, None)


@router.post("/incidents/{ref}/notes/{int:seq}/confirm", response=NoteAnswer)
def confirm(request: ApiRequest, ref: str, seq: int) -> NoteAnswer:
    """Make a fact of what an agent noted."""
    incident = incident_of(request, ref)
    return note_answer(confirm_note(incident, seq, by=request.auth), incident.ref)


@router.post("/incidents/{ref}/notes/{int:seq}/reject", response=NoteAnswer)
def reject(request: ApiRequest, ref: str, seq: int, body: Rejection | None = None) -> NoteAnswer:
    """Say that what an agent noted is wrong."""
    incident = incident_of(request, ref)
    reason = (body and body.reason) or ""
    return note_answer(reject_note(incident, seq, by=request.auth, reason=reason), incident.ref)


@router.post("/notes/{int:seq}/confirm", response=NoteAnswer)
def confirm_by_number(request: ApiRequest, seq: int) -> NoteAnswer:
    """The same where just one incident of mine has such a note."""
    incident = _incident_with(request, seq)
    return note_answer(confirm_note(incident, seq, by=request.auth), incident.ref)


@router.post("/notes/{int:seq}/reject", response=NoteAnswer)
def reject_by_number(request: ApiRequest, seq: int, body: Rejection | None = None) -> NoteAnswer:
    """The same where just one incident of mine has such a note."""
    incident = _incident_with(request, seq)
    reason = (body and body.reason) or ""
    return note_answer(reject_note(incident, seq, by=request.auth, reason=reason), incident.ref)


def _incident_with(request: ApiRequest, seq: int) -> Incident:
    """The visible incident that has an agent's note of that number, one that waits if possible."""
    visible = Incident.objects.visible_to(request.auth)
    notes = AgentNote.objects.filter(seq=seq, incident__in=visible).select_related("incident")
    found = list(notes.order_by("-pk")[:50])
    waiting = [one for one in found if one.is_confirmed is None] or found[:1]
    if not waiting:
        raise NotVisible
    if len(waiting) > 1:
        raise Invalid(
            {"seq": "Several incidents have such a note. Name it: incidents/{ref}/notes/{seq}."}
        )
    return incident_of(request, waiting[0].incident.ref)
