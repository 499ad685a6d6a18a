"""The API's endpoints about subscriptions."""

from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from ninja import Router, Status
from pydantic import Field

from api.idempotency import show_once
from api.mentions import note_about
from api.paging import Cursor, Limit, page
from api.schema import LARGEST_ID, Answer, Body, OneOf, Page
from people.callers import IN_PERSON, ApiRequest
from people.models import User
from stakeholders.feeds.addresses import feed_url
from stakeholders.subscriptions.actions import end_subscription, subscribe
from stakeholders.subscriptions.models import Every, Subscription, To, Way
from stakeholders.subscriptions.queries import subscriptions_of

router = Router(auth=IN_PERSON, tags=["subscriptions"])


class NewSubscription(Body):
    """To what, by which way, where and how often.

    ``ref`` names the incident, ``service`` the service. ``target`` is an address that is asked
    first, or a channel outside by its id or name; without it the mail goes to oneself. With
    ``snapshot`` the all-clear's mail brings the whole incident along as a file.
    """

    to: Annotated[str, OneOf(To)]
    ref: Annotated[str, Field(max_length=20)] | None = None
    service: Annotated[str, Field(max_length=120)] | None = None
    channel: Annotated[str, OneOf(Way)]
    target: (
        Annotated[str, Field(max_length=254)] | Annotated[int, Field(ge=1, le=LARGEST_ID)] | None
    ) = None
    every: Annotated[str, OneOf(Every)] = Every.UPDATE
    snapshot: bool | None = None


class SubscriptionAnswer(Answer):
    """A subscription; an address that has not ``confirmed`` hears nothing. ``url`` is a feed's."""

    id: int
    to: Annotated[str, OneOf(To)]
    ref: str | None
    service: str | None
    channel: Annotated[str, OneOf(Way)]
    target: str
    every: Annotated[str, OneOf(Every)]
    snapshot: bool
    confirmed: bool
    created_at: datetime
    url: str | None


def subscription_answer(row: Subscription, by: User) -> SubscriptionAnswer:
    """A subscription as whoever made it reads it. No query."""
    if row.incident_id is not None:
        note_about(row.incident_id)
    is_feed = row.way == Way.FEED
    return SubscriptionAnswer(
        id=row.pk,
        to=row.to,
        ref=row.incident.ref if row.incident else None,
        service=row.service.slug if row.service else None,
        channel=row.way,
        target=row.endpoint.name if row.endpoint else row.address or row.person.email,
        every=row.every,
        snapshot=row.snapshot,
        confirmed=row.confirmed_at is not None,
        created_at=row.created_at,
        url=feed_url(by, row.incident, row.service) if is_feed else None,
    )


@router.post("/subscriptions", response={200: SubscriptionAnswer, 201: SubscriptionAnswer})
def new_subscription(
    request: ApiRequest, response: HttpResponse, body: NewSubscription
) -> Status[SubscriptionAnswer]:
    """Subscribe: 201, or 200 when it was there, with how often it says now."""
    row, is_new = subscribe(
        by=request.auth,
        to=body.to,
        way=body.channel,
        ref=body.ref or "",
        service=body.service or "",
        target=str(body.target or ""),
        every=body.every,
        snapshot=body.snapshot,
    )
    answer = subscription_answer(row, request.auth)
    if answer.url is not None:
        # It carries the key of the person's feeds, which nothing stores.
        show_once(response)
    return Status(201 if is_new else 200, answer)


@router.get("/subscriptions", response=Page[SubscriptionAnswer])
def subscriptions(
    request: ApiRequest, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[SubscriptionAnswer]:
    """What I subscribed to, for myself and for others."""
    return page(
        subscriptions_of(request.auth),
        by=["id"],
        limit=limit,
        cursor=cursor,
        answer=lambda row: subscription_answer(row, request.auth),
    )


@router.delete("/subscriptions/{int:subscription_id}", response={204: None})
def delete_subscription(request: ApiRequest, subscription_id: int) -> Status[None]:
    """End one of mine."""
    end_subscription(subscription_id, by=request.auth)
    return Status(204, None)
