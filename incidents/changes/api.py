"""The API's calls about changes."""

from contextlib import AbstractContextManager
from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Id, Moment, OneOf, Version
from incidents.cards.models import Card, Source
from incidents.changes.actions import withdraw_change, write_change
from incidents.changes.answers import ChangeAnswer, change_answer
from incidents.changes.models import Change
from incidents.record.finding import part_of
from people.callers import HELPERS, ApiRequest
from refusals.versions import stale_carries

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


@router.post("/changes/{int:change_id}/withdraw", response=ChangeAnswer)
def take_back(request: ApiRequest, change_id: int, body: AsRead | None = None) -> ChangeAnswer:
    """Take back what does not run."""
    change = part_of(request, Change.objects.all, change_id)
    with current_change(Change.objects.filter(pk=change.pk)):
        withdrawn = withdraw_change(
            change.pk, by=request.auth, version=body.version if body else None
        )
    return change_answer(withdrawn)


def current_change(changes: "QuerySet[Change]") -> AbstractContextManager[None]:
    """Let a ``stale`` refusal carry the change as it is now, in the words of this API."""

    def answer() -> dict[str, Any] | None:
        found = changes.first()
        return None if found is None else change_answer(found.pk).model_dump()

    return stale_carries(answer)
