"""The API's call that takes back what must not stand."""

from ninja import Router

from api.schema import Body, Id, Reason
from incidents.record.answers import EntryAnswer, entry_answer
from incidents.record.finding import incident_of
from people.callers import RESPONDERS, ApiRequest
from refusals.errors import Invalid
from withdrawal.actions import withdraw_words

router = Router(auth=RESPONDERS, tags=["timeline"])


class Withdrawal(Body):
    """The line whose words must not stand, and why; files come with their own ids."""

    seq: Id | None = None
    attachment: Id | None = None
    reason: Reason | None = None


@router.post("/incidents/{ref}/withdraw", response=EntryAnswer)
def withdraw(request: ApiRequest, ref: str, body: Withdrawal) -> EntryAnswer:
    """Replace the words of a line, wherever they stand; answers the line as it reads now."""
    incident = incident_of(request, ref)
    if body.attachment is not None:
        raise Invalid({"attachment": "No such file belongs to this incident."})
    if body.seq is None:
        raise Invalid({"seq": "Name the entry of the timeline by its number."})
    reason = body.reason or ""
    return entry_answer(withdraw_words(incident, by=request.auth, seq=body.seq, reason=reason))
