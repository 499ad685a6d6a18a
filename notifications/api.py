"""The API's endpoints about what was addressed to me inside the product."""

from datetime import datetime
from functools import partial
from uuid import UUID

from ninja import Router

from api.mentions import note_about
from api.paging import Cursor, Limit, page
from api.schema import Answer, Page
from notifications.actions import mark_read
from notifications.models import Delivery
from notifications.queries import inbox
from notifications.sight import named_in, show
from people.callers import IN_PERSON, ApiRequest

router = Router(auth=IN_PERSON, tags=["notifications"])


class Notification(Answer):
    """One message; ``incident`` is the reference of the incident it is about, if it is."""

    id: UUID
    at: datetime
    kind: str
    step: str
    incident: str | None
    subject: str
    text: str
    url: str
    read: bool


def notification_answer(delivery: Delivery) -> Notification:
    """A delivery as its addressee reads it."""
    return Notification(
        id=delivery.pk,
        at=delivery.created_at,
        kind=delivery.kind,
        step=delivery.step,
        incident=delivery.incident_ref or None,
        subject=delivery.subject_line,
        text=delivery.text,
        url=delivery.url,
        read=delivery.read_at is not None,
    )


@router.get("/notifications", response=Page[Notification])
def notifications(
    request: ApiRequest,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[Notification]:
    """What was addressed to me, newest first."""
    return page(
        inbox(request.auth),
        by=["-created_at", "-id"],
        limit=limit,
        cursor=cursor,
        answer=notification_answer,
        ready=partial(show, request.auth),
    )


@router.post("/notifications/{uuid:notification_id}/read", response=Notification)
def read_notification(request: ApiRequest, notification_id: UUID) -> Notification:
    """Mark one of mine as read; twice is once."""
    delivery = mark_read(notification_id, by=request.auth)
    note_about(*named_in(delivery))
    show(request.auth, [delivery])
    return notification_answer(delivery)
