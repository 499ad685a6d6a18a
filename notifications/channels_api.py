"""The API's endpoints about channels outside, which managers keep."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from ninja import Router, Status
from pydantic import Field

from api.idempotency import show_once
from api.paging import Cursor, Limit, page
from api.schema import Answer, Body, OneOf, Page, Url
from notifications.endpoints import (
    LONGEST_URL,
    add_channel,
    channel_by,
    check_may_keep,
    remove_channel,
    try_channel,
)
from notifications.models import Endpoint, EndpointKind
from people.callers import RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["channels"])


class NewChannel(Body):
    """Where to send, in whose words, and what people call it.

    ``room_url`` is the address under which people open the chat: incidents linked to it are told
    there.
    """

    kind: Annotated[str, OneOf(EndpointKind)]
    url: Annotated[str, Field(max_length=LONGEST_URL)]
    name: Annotated[str, Field(max_length=80)]
    room_url: Url | None = None


class ChannelAnswer(Answer):
    """A channel outside; ``host`` is what of its address is shown.

    ``secret`` is what a webhook's messages are signed with, answered when it is made and never
    again.
    """

    id: int
    kind: Annotated[str, OneOf(EndpointKind)]
    name: str
    host: str
    room_url: str
    disabled: bool
    succeeded_at: datetime | None
    failed_at: datetime | None
    last_error: str
    secret: str | None


class Test(Answer):
    """The delivery that is on its way."""

    id: UUID


def channel_answer(endpoint: Endpoint, secret: str = "") -> ChannelAnswer:
    """A channel. No query."""
    return ChannelAnswer(
        id=endpoint.pk,
        kind=endpoint.kind,
        name=endpoint.name,
        host=endpoint.host,
        room_url=endpoint.room_url,
        disabled=endpoint.disabled_at is not None,
        succeeded_at=endpoint.succeeded_at,
        failed_at=endpoint.failed_at,
        last_error=endpoint.last_error,
        secret=secret or None,
    )


@router.post("/channels", response={201: ChannelAnswer})
def new_channel(
    request: ApiRequest, response: HttpResponse, body: NewChannel
) -> Status[ChannelAnswer]:
    """Make a channel; a webhook's signing secret is in this answer and in no other."""
    endpoint, secret = add_channel(
        by=request.auth,
        kind=body.kind,
        url=body.url,
        name=body.name,
        room_url=body.room_url or "",
    )
    if secret:
        show_once(response)
    return Status(201, channel_answer(endpoint, secret))


@router.get("/channels", response=Page[ChannelAnswer])
def channels(
    request: ApiRequest, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[ChannelAnswer]:
    """Every channel outside, with its last success and failure."""
    check_may_keep(request.auth)
    rows = Endpoint.objects.all()
    return page(rows, by=["id"], limit=limit, cursor=cursor, answer=channel_answer)


@router.delete("/channels/{int:channel_id}", response={204: None})
def end_channel(request: ApiRequest, channel_id: int) -> Status[None]:
    """Remove a channel; what waits for it is cancelled."""
    check_may_keep(request.auth)
    remove_channel(channel_by(channel_id), by=request.auth)
    return Status(204, None)


@router.post("/channels/{int:channel_id}/test", response={202: Test})
def send_test(request: ApiRequest, channel_id: int) -> Status[Test]:
    """Send a message there; whether it arrived the channel says."""
    check_may_keep(request.auth)
    return Status(202, Test(id=try_channel(channel_by(channel_id), by=request.auth)))
