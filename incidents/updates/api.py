"""The API's endpoints about updates to stakeholders."""

from typing import Annotated, Any

from ninja import Router, Status
from pydantic import Field

from api.paging import Cursor, Limit, page
from api.schema import Body, Id, Moment, Page, Version
from incidents.record.finding import incident_of
from incidents.updates.actions import publish_update
from incidents.updates.answers import UpdateAnswer, update_answer
from incidents.updates.told import told, told_now, with_answers
from people.callers import RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["updates"])

Paragraph = Annotated[str, Field(max_length=2000)]


class AnswerLine(Body):
    """One line that answers a question."""

    question: Id
    text: Paragraph


class PlannedMove(Body):
    """A next move, and by when."""

    text: Annotated[str, Field(max_length=300)]
    by_when: Moment | None = None


class NewUpdate(Body):
    """An update. What its rules ask for may be missing here, so that the rule can say so."""

    status_text: Paragraph | None = None
    hypothesis: Paragraph | None = None
    current_action: Paragraph | None = None
    statement: str | None = Field(None, max_length=500)
    risks: Paragraph | None = None
    next_moves: list[Annotated[str, Field(max_length=300)] | PlannedMove] | None = Field(
        None, max_length=10
    )
    executive_summary: Paragraph | None = None
    technical_note: str | None = Field(None, max_length=10_000)
    next_update_at: Moment | None = None
    answers: list[Id | AnswerLine] | None = Field(None, max_length=200)
    attachments: list[Id] | None = Field(None, max_length=10)
    for_update: int | None = Field(None, ge=1, le=2_000_000_000)
    occurred_at: Moment | None = None
    version: Version | None = None


def answers_in(given: "list[int | AnswerLine] | None") -> list[int | dict[str, Any]]:
    """What an update answers, as the action takes it."""
    return [one.model_dump() if isinstance(one, AnswerLine) else one for one in given or ()]


def moves_in(given: "list[str | PlannedMove] | None") -> list[str | dict[str, Any]] | None:
    """The next moves as the action takes them."""
    if given is None:
        return None
    return [
        one.model_dump(exclude_unset=True) if isinstance(one, PlannedMove) else one for one in given
    ]


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
        next_moves=moves_in(body.next_moves),
        technical_note=body.technical_note or "",
        answers=answers_in(body.answers),
        attachments=body.attachments or (),
        for_update=body.for_update,
        occurred_at=body.occurred_at,
        version=body.version,
    )
    return Status(201, update_answer(told_now(update, incident), incident.ref))


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
        with_answers(incident.updates.all()),
        by=["-number"],
        limit=limit,
        cursor=cursor,
        answer=lambda update: update_answer(told(update), incident.ref),
    )
