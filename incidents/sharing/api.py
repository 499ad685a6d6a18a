"""The API's endpoints about share links."""

from django.http import HttpResponse
from ninja import Router, Status

from api.idempotency import show_once
from api.paging import Cursor, Limit, page
from api.schema import Body, Moment, Page
from incidents.record.finding import incident_of, part_of
from incidents.sharing.actions import revoke_link, share_incident
from incidents.sharing.answers import NewShareLinkAnswer, ShareLinkAnswer, link_answer
from incidents.sharing.models import ShareLink
from people.callers import RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["share links"])


class NewShareLink(Body):
    """Until when it opens: 14 days unless said, at most 90."""

    expires_at: Moment | None = None


@router.post("/incidents/{ref}/share-links", response={201: NewShareLinkAnswer})
def share(
    request: ApiRequest, response: HttpResponse, ref: str, body: NewShareLink | None = None
) -> Status[NewShareLinkAnswer]:
    """Make a link to the stakeholder page for people without an account; its address, this once."""
    incident = incident_of(request, ref)
    until = body.expires_at if body else None
    shared = share_incident(incident, by=request.auth, expires_at=until)
    show_once(response)
    answer = link_answer(shared.link, incident.ref)
    return Status(201, NewShareLinkAnswer(**answer.model_dump(), url=shared.url))


@router.get("/incidents/{ref}/share-links", response=Page[ShareLinkAnswer])
def share_links(
    request: ApiRequest, ref: str, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[ShareLinkAnswer]:
    """The links that open now, the newest first, without their addresses."""
    incident = incident_of(request, ref)
    return page(
        ShareLink.objects.opening().filter(incident=incident).select_related("by"),
        by=["-id"],
        limit=limit,
        cursor=cursor,
        answer=lambda link: link_answer(link, incident.ref),
    )


@router.delete("/share-links/{int:link_id}", response={204: None})
def revoke(request: ApiRequest, link_id: int) -> Status[None]:
    """Let a link open nothing any more; twice is once."""
    link = part_of(request, ShareLink.objects.all, link_id)
    revoke_link(link.pk, by=request.auth)
    return Status(204, None)
