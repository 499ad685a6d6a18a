"""The API's endpoints about obligations."""

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Moment
from clock.queries import now
from incidents.obligations.actions import decline_obligation, file_obligation, start_obligation
from incidents.obligations.answers import ObligationAnswer, StartedAnswer, obligation_answer
from incidents.obligations.models import Obligation
from incidents.obligations.queries import obligations_of, template_named
from incidents.record.finding import incident_of, part_of
from incidents.record.models import Incident
from people.callers import RESPONDERS, ApiRequest
from people.queries import person_by_email

router = Router(auth=RESPONDERS, tags=["obligations"])


class NewObligation(Body):
    """What is to be filed, since when it counts, whose it is; a template gives its due times."""

    name: str | None = Field(None, max_length=120)
    template: str | None = Field(None, max_length=120)
    aware_at: Moment | None = None
    due_at: Moment | None = None
    owner: str | None = Field(None, max_length=254)


class Filing(Body):
    """The reference that proves the filing, and when it was."""

    reference: str | None = Field(None, max_length=300)
    at: Moment | None = None


class DoesNotApply(Body):
    """Why it does not apply."""

    reason: str | None = Field(None, max_length=500)


@router.post("/incidents/{ref}/obligations", response={201: StartedAnswer})
def start(request: ApiRequest, ref: str, body: NewObligation) -> Status[StartedAnswer]:
    """Start a clock; of a template with several due times the first, the others as ``also``."""
    incident = incident_of(request, ref)
    owner = person_by_email(body.owner, field="owner") if body.owner else request.auth
    made = start_obligation(
        incident,
        by=request.auth,
        name=body.name or "",
        template=template_named(body.template) if body.template else None,
        aware_at=body.aware_at,
        due_at=body.due_at,
        owner=owner,
    )
    first, *also = _answers(incident, *made)
    return Status(201, StartedAnswer(**first.model_dump(), also=also))


@router.post("/obligations/{int:obligation_id}/file", response=ObligationAnswer)
def file(request: ApiRequest, obligation_id: int, body: Filing) -> ObligationAnswer:
    """Say that it was filed; twice is once."""
    found = part_of(request, Obligation.objects.all, obligation_id)
    filed = file_obligation(found.pk, by=request.auth, reference=body.reference or "", at=body.at)
    return _answers(found.incident, filed)[0]


@router.post("/obligations/{int:obligation_id}/decline", response=ObligationAnswer)
def decline(request: ApiRequest, obligation_id: int, body: DoesNotApply) -> ObligationAnswer:
    """Say that it does not apply; twice is once."""
    found = part_of(request, Obligation.objects.all, obligation_id)
    declined = decline_obligation(found.pk, by=request.auth, reason=body.reason or "")
    return _answers(found.incident, declined)[0]


def _answers(incident: Incident, *obligations: Obligation) -> list[ObligationAnswer]:
    """Them as everybody reads them in the state. One query and the clock's."""
    views = {one.id: one for one in obligations_of(incident)}
    moment = now()
    return [obligation_answer(views[one.pk], incident.ref, moment) for one in obligations]
