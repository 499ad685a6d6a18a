"""The API's endpoints about ideas. A new one is noted on its review, in ``publication``."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from ninja import Query, Router, Status
from pydantic import Field

from api.paging import Cursor, Limit, page
from api.schema import Body, Page, Reason, Version
from people.callers import ANYBODY, RESPONDERS, ApiRequest
from postmortems.ideas.actions import change_idea, drop_idea, take_idea_back, take_idea_up
from postmortems.ideas.answers import IdeaAnswer, idea_answer
from postmortems.ideas.queries import list_ideas
from refusals.errors import NotVisible, Refused

router = Router(auth=RESPONDERS, tags=["action items"])


class IdeaChange(Body):
    """The idea in other words."""

    version: Version | None = None
    text: str | None = Field(None, max_length=200)


class IdeaDropping(Body):
    """Why nothing comes of it."""

    reason: Reason | None = None


def answered(request: ApiRequest, idea_id: int) -> IdeaAnswer:
    """The idea as it stands now, or ``NotVisible``."""
    found = list_ideas(request.auth).filter(pk=idea_id).first()
    if found is None:
        raise NotVisible
    return idea_answer(found)


@contextmanager
def current_idea(request: ApiRequest, idea_id: int) -> Iterator[None]:
    """Let a ``stale`` refusal carry the whole idea as it stands."""
    try:
        yield
    except Refused as refusal:
        if refusal.code == "stale":
            current = answered(request, idea_id).model_dump(mode="json")
            raise Refused("stale", refusal.sentence, current=current) from refusal
        raise


@router.get("/ideas", response=Page[IdeaAnswer], auth=ANYBODY)
def ideas(
    request: ApiRequest,
    open: Annotated[bool | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[IdeaAnswer]:
    """The ideas I may see, newest first; ``open=true``: neither committed to nor dropped."""
    return page(
        list_ideas(request.auth, is_open=open),
        by=["-id"],
        limit=limit,
        cursor=cursor,
        answer=idea_answer,
    )


@router.get("/ideas/{int:idea_id}", response=IdeaAnswer, auth=ANYBODY)
def idea(request: ApiRequest, idea_id: int) -> IdeaAnswer:
    """One idea."""
    return answered(request, idea_id)


@router.patch("/ideas/{int:idea_id}", response=IdeaAnswer)
def patch_idea(request: ApiRequest, idea_id: int, body: IdeaChange) -> IdeaAnswer:
    """Say it in other words."""
    if body.text is not None:
        with current_idea(request, idea_id):
            change_idea(idea_id, by=request.auth, text=body.text, version=body.version)
    return answered(request, idea_id)


@router.post("/ideas/{int:idea_id}/drop", response=IdeaAnswer)
def drop(request: ApiRequest, idea_id: int, body: IdeaDropping) -> IdeaAnswer:
    """Say why nothing comes of it."""
    drop_idea(idea_id, by=request.auth, reason=body.reason or "")
    return answered(request, idea_id)


@router.post("/ideas/{int:idea_id}/take-up", response=IdeaAnswer)
def take_up(request: ApiRequest, idea_id: int) -> IdeaAnswer:
    """Take a dropped one up again."""
    take_idea_up(idea_id, by=request.auth)
    return answered(request, idea_id)


@router.delete("/ideas/{int:idea_id}", response={204: None})
def take_back(request: ApiRequest, idea_id: int) -> Status[None]:
    """Take one's own back; the record keeps that it was there."""
    take_idea_back(idea_id, by=request.auth)
    return Status(204, None)
