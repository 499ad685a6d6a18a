"""The API's endpoints about side work that waits."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, OneOf
from incidents.record.finding import incident_of, part_of
from incidents.record.models import Incident
from incidents.sidework.actions import pause_work, settle_paused_work
from incidents.sidework.answers import PausedWorkAnswer, paused_answer
from incidents.sidework.models import Outcome, PausedWork
from incidents.sidework.queries import paused_in, with_paused
from people.callers import RESPONDERS, ApiRequest
from people.queries import person_by_email

router = Router(auth=RESPONDERS, tags=["paused work"])


class NewPausedWork(Body):
    """What, whose, why, and when it may go on."""

    title: str = Field(max_length=200)
    owner: str = Field(max_length=254)
    why: str = Field(max_length=500)
    url: str | None = Field(None, max_length=500)
    resume_when: str | None = Field(None, max_length=300)


class Settlement(Body):
    """Resumed, or dropped with a note that says why."""

    outcome: Annotated[str, OneOf(Outcome)]
    note: str | None = Field(None, max_length=500)


@router.post("/incidents/{ref}/paused-work", response={201: PausedWorkAnswer})
def create_paused_work(
    request: ApiRequest, ref: str, body: NewPausedWork
) -> Status[PausedWorkAnswer]:
    """Write down what waits for the incident."""
    incident = incident_of(request, ref)
    made = pause_work(
        incident,
        by=request.auth,
        title=body.title,
        owner=person_by_email(body.owner, field="owner"),
        why=body.why,
        url=body.url or "",
        resume_when=body.resume_when or "",
    )
    return Status(201, _answer(incident, made))


@router.post("/paused-work/{int:work_id}/settle", response=PausedWorkAnswer)
def settle(request: ApiRequest, work_id: int, body: Settlement) -> PausedWorkAnswer:
    """Resume or drop it; twice is once."""
    found = part_of(request, PausedWork.objects.all, work_id)
    settled = settle_paused_work(
        found.pk, by=request.auth, outcome=body.outcome, note=body.note or ""
    )
    return _answer(found.incident, settled)


def _answer(incident: Incident, work: PausedWork) -> PausedWorkAnswer:
    """The piece as everybody reads it in the state. One query."""
    view = next(one for one in paused_in(with_paused.first(incident.pk)) if one.id == work.pk)
    return paused_answer(view, incident.ref)
