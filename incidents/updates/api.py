"""The API's calls about updates to stakeholders."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.paging import Cursor, Limit, page
from api.schema import Body, Id, Moment, Page, Version
from incidents.record.finding import incident_of
from incidents.updates.actions import publish_update
from incidents.updates.answers import UpdateAnswer, update_answer
from people.callers import RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["updates"])

Paragraph = Annotated[str, Field(max_length=2000)]


class NewUpdate(Body):
    """An update. What its rules ask for may be missing here, so that the rule can say so."""

    status_text: Paragraph | None = None
    hypothesis: Paragraph | None = None
    current_action: Paragraph | None = None
    statement: str | None = Field(None, max_length=500)
    risks: Paragraph | None = None
    next_moves: list[Annotated[str, Field(max_length=300)]] | None = Field(None, max_length=10)
    executive_summary: Paragraph | None = None
    technical_note: str | None = Field(None, max_length=10_000)
    next_update_at: Moment | None = None
    answers: list[Id] | None = Field(None, max_length=200)
    version: Version | None = None


@router.post("/incidents/{ref}/updates", response={201: UpdateAnswer})
def publish(request: ApiRequest, ref: str, body: NewUpdate) -> Status[UpdateAnswer]:
    """Publish an update and promise the next one; facts and end state are added by the system."""
    incident = incident_of(request, ref)
    update = publish_update(
        incident,
        by=request.auth,
        status_text=body.status_text or "",
        hypothesis=body.hypothesis or "",
        current_action=body.current_action or "",
        executive_summary=body.executive_summary or "",
        next_update_at=body.next_update_at,
        statement=body.statement,
        risks=body.risks or "",
        next_moves=body.next_moves,
        technical_note=body.technical_note or "",
        answers=tuple(body.answers or ()),
        version=body.version,
    )
    return Status(201, update_answer(update, incident.ref))


@router.get("/incidents/{ref}/updates", response=Page[UpdateAnswer])
def updates(
    request: ApiRequest,
    ref: str,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[UpdateAnswer]:
    """What was published, newest first."""
    incident = incident_of(request, ref)
    return page(
        incident.updates.select_related("by"),
        by=["-number"],
        limit=limit,
        cursor=cursor,
        answer=lambda update: update_answer(update, incident.ref),
    )
