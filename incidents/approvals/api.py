"""The API's calls about approvals of changes."""

from ninja import Router
from pydantic import Field

from api.schema import Email, Reason
from incidents.approvals.actions import approve_change, ask_approval, send_back
from incidents.changes.answers import ChangeAnswer, change_answer
from incidents.changes.api import AsRead, current_change
from incidents.changes.models import Change
from incidents.record.finding import part_of, people_in
from people.callers import HELPERS, ApiRequest

router = Router(auth=HELPERS, tags=["changes"])


class SentBack(AsRead):
    """What has to be thought through again."""

    reason: Reason | None = None


class Approval(AsRead):
    """``confirm`` is the incident's reference, for what cannot be undone."""

    confirm: str | None = Field(None, max_length=40)
    recorded_by_voice_of: Email | None = None


@router.post("/changes/{int:change_id}/ask", response=ChangeAnswer)
def ask_for(request: ApiRequest, change_id: int, body: AsRead | None = None) -> ChangeAnswer:
    """Ask for its approval; two minutes later the deputy may give it."""
    change = part_of(request, Change.objects.all, change_id)
    with current_change(Change.objects.filter(pk=change.pk)):
        changed = ask_approval(change.pk, by=request.auth, version=body.version if body else None)
    return change_answer(changed)


@router.post("/changes/{int:change_id}/send-back", response=ChangeAnswer)
def return_it(request: ApiRequest, change_id: int, body: SentBack) -> ChangeAnswer:
    """Send it back with a reason."""
    change = part_of(request, Change.objects.all, change_id)
    with current_change(Change.objects.filter(pk=change.pk)):
        changed = send_back(
            change.pk, by=request.auth, reason=body.reason or "", version=body.version
        )
    return change_answer(changed)


@router.post("/changes/{int:change_id}/approve", response=ChangeAnswer)
def approve(request: ApiRequest, change_id: int, body: Approval | None = None) -> ChangeAnswer:
    """Say that it may run: a person with a session, never a token."""
    change = part_of(request, Change.objects.all, change_id)
    given = people_in(body.model_dump(exclude_none=True) if body else {}, "recorded_by_voice_of")
    with current_change(Change.objects.filter(pk=change.pk)):
        changed = approve_change(change.pk, by=request.auth, **given)
    return change_answer(changed)
