"""The API's endpoints about the record."""

from typing import Annotated, Literal

from ninja import Router, Status
from pydantic import Field

from api.paging import Cursor, Limit, page
from api.schema import LARGEST_ID, Body, Id, Moment, Page, Reason
from incidents.lifecycle.notes import add_note
from incidents.lifecycle.withdrawing import withdraw_words
from incidents.record.answers import EntryAnswer, entry_answer
from incidents.record.finding import incident_of
from people.callers import HELPERS, HELPERS_AND_AGENTS, RESPONDERS, ApiRequest
from refusals.errors import Invalid

router = Router(auth=RESPONDERS, tags=["timeline"])


class NewNote(Body):
    """A line for the record; with ``at`` it is recorded afterwards."""

    text: str = Field(max_length=2000)
    at: Moment | None = None
    kind: Literal["note", "decision"] = "note"


@router.post("/incidents/{ref}/notes", response={201: EntryAnswer}, auth=HELPERS_AND_AGENTS)
def note(request: ApiRequest, ref: str, body: NewNote) -> Status[EntryAnswer]:
    """Put a note or a decision on the record."""
    incident = incident_of(request, ref)
    entry = add_note(incident, by=request.auth, text=body.text, at=body.at, kind=body.kind)
    return Status(201, entry_answer(entry))


class Withdrawal(Body):
    """The line whose words must not stand, and why; files come with their own ids."""

    seq: Id | None = None
    attachment: Id | None = None
    reason: Reason | None = None


@router.post("/incidents/{ref}/withdraw", response=EntryAnswer)
def withdraw(request: ApiRequest, ref: str, body: Withdrawal) -> EntryAnswer:
    """Replace the words of a line, wherever they stand; answers the line as it reads now."""
    incident = incident_of(request, ref)
    if body.attachment is not None:
        raise Invalid({"attachment": "No such file belongs to this incident."})
    if body.seq is None:
        raise Invalid({"seq": "Name the entry of the timeline by its number."})
    reason = body.reason or ""
    return entry_answer(withdraw_words(incident, by=request.auth, seq=body.seq, reason=reason))


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
