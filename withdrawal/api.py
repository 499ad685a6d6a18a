"""The API's call that takes back what must not stand."""

from ninja import Router

from api.schema import Body, Id, Reason
from incidents.record.answers import EntryAnswer, entry_answer
from incidents.record.finding import incident_of
from people.callers import RESPONDERS, ApiRequest
from refusals.errors import Invalid
from withdrawal.actions import withdraw_words
from withdrawal.files import withdraw_file

router = Router(auth=RESPONDERS, tags=["timeline"])


class Withdrawal(Body):
    """The line whose words must not stand, or the file, and why."""

    seq: Id | None = None
    attachment: Id | None = None
    reason: Reason | None = None


@router.post("/incidents/{ref}/withdraw", response=EntryAnswer)
def withdraw(request: ApiRequest, ref: str, body: Withdrawal) -> EntryAnswer:
    """Replace the words of a line, wherever they stand; answers the line as it reads now.

    Of an ``attachment`` the bytes are deleted; answers the line that says so.
    """
    incident = incident_of(request, ref)
    reason = body.reason or ""
    if body.attachment is not None and body.seq is not None:
        raise Invalid({"attachment": "Name a line or a file, one at a time."})
    if body.attachment is not None:
        gone = withdraw_file(incident, by=request.auth, attachment=body.attachment, reason=reason)
        return entry_answer(gone)
    if body.seq is None:
        raise Invalid({"seq": "Name the entry of the timeline by its number."})
    return entry_answer(withdraw_words(incident, by=request.auth, seq=body.seq, reason=reason))
