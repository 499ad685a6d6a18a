"""The API's endpoints about the record."""

from typing import Annotated, Literal

from ninja import Router, Status
from pydantic import Field

from api.paging import Cursor, Limit, page
from api.schema import LARGEST_ID, Body, Id, Moment, Page
from incidents.lifecycle.notes import add_note
from incidents.record.answers import EntryAnswer, entry_answer
from incidents.record.finding import incident_of
from people.callers import HELPERS, HELPERS_AND_AGENTS, RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["timeline"])


class NewNote(Body):
    """A line for the record; with ``at`` it is recorded afterwards."""

    text: str = Field(max_length=2000)
    at: Moment | None = None
    kind: Literal["note", "decision"] = "note"
    attachments: list[Id] | None = Field(None, max_length=10)


@router.post("/incidents/{ref}/notes", response={201: EntryAnswer}, auth=HELPERS_AND_AGENTS)
def note(request: ApiRequest, ref: str, body: NewNote) -> Status[EntryAnswer]:
    """Put a note or a decision on the record."""
    incident = incident_of(request, ref)
    entry = add_note(
        incident,
        by=request.auth,
        text=body.text,
        at=body.at,
        kind=body.kind,
        attachments=body.attachments or (),
    )
    return Status(201, entry_answer(entry))


@router.get("/incidents/{ref}/timeline", response=Page[EntryAnswer], auth=HELPERS)
def timeline(
    request: ApiRequest,
    ref: str,
    after: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0,
    limit: Limit = 100,
    cursor: Cursor | None = None,
) -> Page[EntryAnswer]:
    """The record in the order of its writing, from behind ``after``."""
    incident = incident_of(request, ref)
    return page(
        incident.entries.filter(seq__gt=after).select_related("actor"),
        by=["seq"],
        limit=limit,
        cursor=cursor,
        answer=entry_answer,
    )
