"""The API's calls about pictures and files. What carries them is sent to the practice itself."""

from django.http.response import HttpResponseBase
from ninja import File, Router, Status
from ninja.files import UploadedFile

from api.paging import Cursor, Limit, page
from api.schema import Page
from incidents.attachments.actions import add_attachment
from incidents.attachments.answers import AttachmentAnswer, attachment_answer
from incidents.attachments.queries import get_attachment
from incidents.attachments.uploads import FIELD, file_answer, read_upload, uploads_of
from incidents.record.finding import incident_of
from people.callers import ANYBODY, HELPERS, ApiRequest
from refusals.errors import Invalid

router = Router(auth=HELPERS, tags=["attachments"])


@router.post("/incidents/{ref}/attachments", response={201: AttachmentAnswer})
def bring(request: ApiRequest, ref: str, file: File[UploadedFile]) -> Status[AttachmentAnswer]:
    """Bring a file, one a call, to be named by its id where it says something."""
    incident = incident_of(request, ref)
    if unknown := {*request.POST, *request.FILES} - {FIELD}:
        raise Invalid(dict.fromkeys(sorted(unknown), "This call has no such field."))
    sent = uploads_of(request)
    if len(sent) > 1:
        raise Invalid({FIELD: "One file a call."})
    added = add_attachment(incident, by=request.auth, file=read_upload(sent[0]))
    return Status(201, attachment_answer(added))


@router.get("/incidents/{ref}/attachments", response=Page[AttachmentAnswer])
def attachments(
    request: ApiRequest, ref: str, limit: Limit = 100, cursor: Cursor | None = None
) -> Page[AttachmentAnswer]:
    """The files of an incident that stand, also those that nothing carries yet."""
    incident = incident_of(request, ref)
    rows = incident.attachments.standing().select_related("by")
    return page(rows, by=["pk"], limit=limit, cursor=cursor, answer=attachment_answer)


@router.get("/attachments/{int:attachment_id}", auth=ANYBODY)
def content(request: ApiRequest, attachment_id: int) -> HttpResponseBase:
    """The file itself: whoever may see the incident may."""
    return file_answer(request, get_attachment(request.auth, attachment_id))
