"""The API's endpoints about action items. Owners follow theirs whatever their account is for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from django.db import transaction
from ninja import Query, Router
from pydantic import Field

from api.paging import Cursor, Limit, page
from api.schema import Body, Email, Id, Moment, OneOf, Page, Reason, Version
from clock.queries import now
from incidents.record.finding import people_in
from people.callers import ANYBODY, ApiRequest
from people.queries import anybody_by_email
from postmortems.items.actions import change_item
from postmortems.items.answers import ItemAnswer, item_answer
from postmortems.items.following import decline_item, finish_item, move_item, verify_item
from postmortems.items.looking import look_at_item
from postmortems.items.models import ItemState, ItemType, Priority
from postmortems.items.queries import get_item, list_items, with_moves
from refusals.errors import Invalid, Refused

router = Router(auth=ANYBODY, tags=["action items"])


class ItemChange(Body):
    """Fields to change; a new ``due_at`` needs its ``reason``."""

    version: Version | None = None
    title: str | None = Field(None, max_length=200)
    type: Annotated[str, OneOf(ItemType)] | None = None
    owner: Email | None = None
    priority: Annotated[str, OneOf(Priority)] | None = None
    success_criterion: str | None = Field(None, max_length=500)
    signal: Id | None = None
    override_reason: Reason | None = None
    due_at: Moment | None = None
    reason: Reason | None = None


class Note(Body):
    """What was done."""

    note: str | None = Field(None, max_length=1000)


class Verification(Body):
    """What somebody else sees: implemented, and is the metric moving? ``reason``: why early."""

    implemented: bool | None = None
    moving: bool | None = None
    note: str | None = Field(None, max_length=1000)
    reason: str | None = Field(None, max_length=1000)


class Look(Body):
    """What the look at the list showed of one item."""

    started: bool | None = None
    owned: bool | None = None
    still_right: bool | None = None
    word: str | None = Field(None, max_length=500)


class ItemMove(Body):
    """The new date and why."""

    due_at: Moment
    reason: Reason | None = None


class ItemDeclining(Body):
    """Why it is not done."""

    reason: Reason | None = None


def answered(request: ApiRequest, item_id: int) -> ItemAnswer:
    """The item as it stands now."""
    return item_answer(get_item(request.auth, item_id), now())


@contextmanager
def current_item(request: ApiRequest, item_id: int) -> Iterator[None]:
    """Let a ``stale`` refusal carry the whole item as it stands."""
    try:
        yield
    except Refused as refusal:
        if refusal.code == "stale":
            current = answered(request, item_id).model_dump(mode="json")
            raise Refused("stale", refusal.sentence, current=current) from refusal
        raise


@router.get("/action-items", response=Page[ItemAnswer])
def items(
    request: ApiRequest,
    owner: Annotated[str | None, Query(max_length=254)] = None,
    state: Annotated[str | None, Query(max_length=100)] = None,
    overdue: Annotated[bool | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[ItemAnswer]:
    """The action items I may see, by priority, then due. ``owner=me``, or somebody's address,
    who may have left."""
    states = [word.strip() for word in (state or "").split(",") if word.strip()]
    if unknown := [word for word in states if word not in ItemState.values]:
        raise Invalid({"state": f"{unknown[0]} is none of {', '.join(ItemState.values)}."})
    person = None
    if owner:
        person = request.auth if owner == "me" else anybody_by_email(owner, field="owner")
    moment = now()
    return page(
        with_moves(
            list_items(request.auth, owner=person, states=states, overdue=overdue, moment=moment)
        ),
        by=["priority", "due_at", "id"],
        limit=limit,
        cursor=cursor,
        answer=lambda item: item_answer(item, moment),
    )


@router.get("/action-items/{int:item_id}", response=ItemAnswer)
def item(request: ApiRequest, item_id: int) -> ItemAnswer:
    """One action item."""
    return answered(request, item_id)


@router.patch("/action-items/{int:item_id}", response=ItemAnswer)
def patch_item(request: ApiRequest, item_id: int, body: ItemChange) -> ItemAnswer:
    """Change an action item; a moved date is counted."""
    given: dict[str, Any] = people_in(
        body.model_dump(exclude_unset=True, exclude={"version", "due_at", "reason"}), "owner"
    )
    given = {name: value for name, value in given.items() if value is not None or name == "signal"}
    found = get_item(request.auth, item_id)
    with current_item(request, item_id), transaction.atomic():
        change_item(found, by=request.auth, version=body.version, **given)
        if body.due_at is not None:
            move_item(found, by=request.auth, due_at=body.due_at, reason=body.reason or "")
    return answered(request, item_id)


@router.post("/action-items/{int:item_id}/done", response=ItemAnswer)
def done(request: ApiRequest, item_id: int, body: Note | None = None) -> ItemAnswer:
    """Say that it is done; a week later somebody else verifies it."""
    found = get_item(request.auth, item_id)
    finish_item(found, by=request.auth, note=(body and body.note) or "")
    return answered(request, item_id)


@router.post("/action-items/{int:item_id}/verify", response=ItemAnswer)
def verify(request: ApiRequest, item_id: int, body: Verification) -> ItemAnswer:
    """Confirm it, or reopen it; whoever never owned it and did not mark it done."""
    found = get_item(request.auth, item_id)
    verify_item(
        found,
        by=request.auth,
        implemented=body.implemented,
        moving=body.moving,
        note=body.note or "",
        reason=body.reason or "",
    )
    return answered(request, item_id)


@router.post("/action-items/{int:item_id}/look", response=ItemAnswer)
def look(request: ApiRequest, item_id: int, body: Look) -> ItemAnswer:
    """Look at it with the whole list, a week after publication."""
    found = get_item(request.auth, item_id)
    given = body.model_dump(exclude_none=True)
    look_at_item(found, by=request.auth, **given)
    return answered(request, item_id)


@router.post("/action-items/{int:item_id}/move", response=ItemAnswer)
def move(request: ApiRequest, item_id: int, body: ItemMove) -> ItemAnswer:
    """ItemMove its date, with a reason."""
    found = get_item(request.auth, item_id)
    move_item(found, by=request.auth, due_at=body.due_at, reason=body.reason or "")
    return answered(request, item_id)


@router.post("/action-items/{int:item_id}/decline", response=ItemAnswer)
def decline(request: ApiRequest, item_id: int, body: ItemDeclining) -> ItemAnswer:
    """Say that it will not be done, with a reason."""
    decline_item(get_item(request.auth, item_id), by=request.auth, reason=body.reason or "")
    return answered(request, item_id)
