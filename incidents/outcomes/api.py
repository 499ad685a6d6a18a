"""The API's calls about changes that run: start, outcome, way back, the commander's words."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Id, Moment, OneOf, Reason
from incidents.changes.answers import ChangeAnswer, change_answer
from incidents.changes.models import Change, Outcome
from incidents.outcomes.actions import finish_change, roll_back, start_change
from incidents.outcomes.answers import (
    GoAnswer,
    SecondChangeAnswer,
    go_answer,
    second_change_answer,
)
from incidents.outcomes.leading import allow_second_change, give_go
from incidents.record.finding import incident_of, part_of
from people.callers import HELPERS, ApiRequest

router = Router(auth=HELPERS, tags=["changes"])


class Start(Body):
    """``occurred_at`` records it afterwards."""

    occurred_at: Moment | None = None


class Finish(Body):
    """How it went by the signals; ``no_data`` says which have none to see, or that none has."""

    outcome: Annotated[str, OneOf(Outcome)] | None = None
    note: str | None = Field(None, max_length=1000)
    no_data: bool | Annotated[list[Id], Field(max_length=100)] | None = None
    occurred_at: Moment | None = None


class WithReason(Body):
    """Why."""

    reason: Reason | None = None


@router.post("/changes/{int:change_id}/start", response=ChangeAnswer)
def begin(request: ApiRequest, change_id: int, body: Start | None = None) -> ChangeAnswer:
    """Start it on its card in Now, with the signals as they are."""
    change = part_of(request, Change.objects.all, change_id)
    at = body.occurred_at if body else None
    return change_answer(start_change(change, by=request.auth, occurred_at=at))


@router.post("/changes/{int:change_id}/finish", response=ChangeAnswer)
def end(request: ApiRequest, change_id: int, body: Finish) -> ChangeAnswer:
    """Say how it went, by samples newer than its start."""
    change = part_of(request, Change.objects.all, change_id)
    finished = finish_change(
        change,
        by=request.auth,
        outcome=body.outcome,
        note=body.note or "",
        no_data=body.no_data or False,
        occurred_at=body.occurred_at,
    )
    return change_answer(finished)


@router.post("/changes/{int:change_id}/roll-back", response={201: ChangeAnswer})
def undo(request: ApiRequest, change_id: int) -> Status[ChangeAnswer]:
    """Undo what runs or ran, in one step; answers the change that undoes it."""
    change = part_of(request, Change.objects.all, change_id)
    return Status(201, change_answer(roll_back(change.pk, by=request.auth)))


@router.post("/incidents/{ref}/go", response={201: GoAnswer})
def go(request: ApiRequest, ref: str, body: WithReason) -> Status[GoAnswer]:
    """The commander's go after a surprise."""
    incident = incident_of(request, ref)
    return Status(201, go_answer(give_go(incident, by=request.auth, reason=body.reason or "")))


@router.post("/incidents/{ref}/second-change", response={201: SecondChangeAnswer})
def second(request: ApiRequest, ref: str, body: WithReason) -> Status[SecondChangeAnswer]:
    """Let one more drastic change start beside the one that runs."""
    incident = incident_of(request, ref)
    allowed = allow_second_change(incident, by=request.auth, reason=body.reason or "")
    return Status(201, second_change_answer(allowed))
