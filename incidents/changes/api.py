"""The API's calls about changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Email, Id, Moment, OneOf, Reason, Version
from incidents.cards.models import Card, Source
from incidents.changes.actions import (
    approve_change,
    ask_approval,
    send_back,
    withdraw_change,
    write_change,
)
from incidents.changes.answers import (
    ChangeAnswer,
    GoAnswer,
    SecondChangeAnswer,
    change_answer,
    go_answer,
    second_change_answer,
)
from incidents.changes.leading import allow_second_change, give_go
from incidents.changes.models import Change, Outcome
from incidents.changes.running import finish_change, roll_back, start_change
from incidents.record.finding import incident_of, part_of, people_in
from people.callers import HELPERS, ApiRequest
from refusals.errors import Refused

router = Router(auth=HELPERS, tags=["changes"])

Line = Annotated[str, Field(max_length=500)]


class NewChange(Body):
    """What we expect and how we go back; what a rule asks for may be missing until it asks."""

    expectation: Line | None = None
    rollback: Line | None = None
    hypothesis: Id | Annotated[str, Field(max_length=300)] | None = None
    risk: Line | None = None
    reversible: bool | None = None
    rolls_back: Id | Annotated[str, Field(max_length=300)] | None = None
    quick_fix: bool | None = None
    source: Annotated[str, OneOf(Source)] | None = None
    ai_tool: str | None = Field(None, max_length=80)
    opened_at: Moment | None = None
    version: Version | None = None


class AsRead(Body):
    """The version that was read; another one is ``stale``."""

    version: Version | None = None


class SentBack(AsRead):
    """What has to be thought through again."""

    reason: Reason | None = None


class Approval(AsRead):
    """``confirm`` is the incident's reference, for what cannot be undone."""

    confirm: str | None = Field(None, max_length=40)
    recorded_by_voice_of: Email | None = None


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


@router.post("/cards/{int:card_id}/change", response={200: ChangeAnswer, 201: ChangeAnswer})
def write(request: ApiRequest, card_id: int, body: NewChange) -> Status[ChangeAnswer]:
    """Write the change of a card, or write it anew: 201, or 200 where there was one."""
    card = part_of(request, Card.objects.all, card_id)
    is_there = Change.objects.unfinished().filter(card=card).exists()
    with current_change(Change.objects.unfinished().filter(card=card)):
        change = write_change(card.pk, by=request.auth, **body.model_dump(exclude_unset=True))
    return Status(200 if is_there else 201, change_answer(change.pk))


@router.get("/changes/{int:change_id}", response=ChangeAnswer)
def read(request: ApiRequest, change_id: int) -> ChangeAnswer:
    """A change with what was measured before and after."""
    return change_answer(part_of(request, Change.objects.all, change_id).pk)


@router.post("/changes/{int:change_id}/ask", response=ChangeAnswer)
def ask_for(request: ApiRequest, change_id: int, body: AsRead | None = None) -> ChangeAnswer:
    """Ask for its approval; two minutes later the deputy may give it."""
    change = part_of(request, Change.objects.all, change_id)
    with current_change(Change.objects.filter(pk=change.pk)):
        ask_approval(change.pk, by=request.auth, version=body.version if body else None)
    return change_answer(change.pk)


@router.post("/changes/{int:change_id}/send-back", response=ChangeAnswer)
def return_it(request: ApiRequest, change_id: int, body: SentBack) -> ChangeAnswer:
    """Send it back with a reason."""
    change = part_of(request, Change.objects.all, change_id)
    with current_change(Change.objects.filter(pk=change.pk)):
        send_back(change.pk, by=request.auth, reason=body.reason or "", version=body.version)
    return change_answer(change.pk)


@router.post("/changes/{int:change_id}/withdraw", response=ChangeAnswer)
def take_back(request: ApiRequest, change_id: int, body: AsRead | None = None) -> ChangeAnswer:
    """Take back what does not run."""
    change = part_of(request, Change.objects.all, change_id)
    with current_change(Change.objects.filter(pk=change.pk)):
        withdraw_change(change.pk, by=request.auth, version=body.version if body else None)
    return change_answer(change.pk)


@router.post("/changes/{int:change_id}/approve", response=ChangeAnswer)
def approve(request: ApiRequest, change_id: int, body: Approval | None = None) -> ChangeAnswer:
    """Say that it may run: a person with a session, never a token."""
    change = part_of(request, Change.objects.all, change_id)
    given = people_in(body.model_dump(exclude_none=True) if body else {}, "recorded_by_voice_of")
    with current_change(Change.objects.filter(pk=change.pk)):
        approve_change(change.pk, by=request.auth, **given)
    return change_answer(change.pk)


@router.post("/changes/{int:change_id}/start", response=ChangeAnswer)
def begin(request: ApiRequest, change_id: int, body: Start | None = None) -> ChangeAnswer:
    """Start it on its card in Now, with the signals as they are."""
    change = part_of(request, Change.objects.all, change_id)
    at = body.occurred_at if body else None
    return change_answer(start_change(change.pk, by=request.auth, occurred_at=at).pk)


@router.post("/changes/{int:change_id}/finish", response=ChangeAnswer)
def end(request: ApiRequest, change_id: int, body: Finish) -> ChangeAnswer:
    """Say how it went, by samples newer than its start."""
    change = part_of(request, Change.objects.all, change_id)
    finish_change(
        change.pk,
        by=request.auth,
        outcome=body.outcome,
        note=body.note or "",
        no_data=body.no_data or False,
        occurred_at=body.occurred_at,
    )
    return change_answer(change.pk)


@router.post("/changes/{int:change_id}/roll-back", response={201: ChangeAnswer})
def undo(request: ApiRequest, change_id: int) -> Status[ChangeAnswer]:
    """Undo what runs or ran, in one step; answers the change that undoes it."""
    change = part_of(request, Change.objects.all, change_id)
    return Status(201, change_answer(roll_back(change.pk, by=request.auth).pk))


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


@contextmanager
def current_change(changes: Any) -> Iterator[None]:
    """Let a ``stale`` refusal carry the change as it is now, in the words of this API."""
    try:
        yield
    except Refused as refused:
        found = changes.first() if refused.code == "stale" else None
        if found is not None:
            refused.facts["current"] = change_answer(found.pk).model_dump()
        raise
