"""The API's endpoints about stopping the line."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Id, OneOf
from incidents.endstate.models import Comparator
from incidents.line.actions import add_stop_criterion, remove_stop_criterion, stop_line
from incidents.line.answers import StopAnswer, StopCriterionAnswer, criterion_answer, stop_answer
from incidents.line.models import StopCriterion
from incidents.line.queries import criteria_in, stop_in, with_line
from incidents.record.finding import incident_of, part_of
from people.callers import HELPERS, RESPONDERS, ApiRequest
from refusals.errors import NotVisible

router = Router(auth=RESPONDERS, tags=["line"])

Number = Annotated[float, Field(allow_inf_nan=False)]


class Because(Body):
    """A line that says why."""

    reason: str | None = Field(None, max_length=500)


class NewStopCriterion(Body):
    """What makes everybody stop: words, or a signal with a comparator and a threshold."""

    text: str | None = Field(None, max_length=300)
    signal: Id | None = None
    comparator: Annotated[str, OneOf(Comparator)] | None = None
    threshold: Number | None = None


@router.post("/incidents/{ref}/stop", response=StopAnswer, auth=HELPERS)
def stop(request: ApiRequest, ref: str, body: Because) -> StopAnswer:
    """Stop the line; answers the stop that holds."""
    incident = incident_of(request, ref)
    stop_line(incident, by=request.auth, reason=body.reason or "")
    standing = stop_in(with_line.first(incident.pk))
    if standing is None:
        # Somebody resumed it in the same moment.
        raise NotVisible
    return stop_answer(standing)


@router.post("/incidents/{ref}/stop-criteria", response={201: StopCriterionAnswer})
def create_criterion(
    request: ApiRequest, ref: str, body: NewStopCriterion
) -> Status[StopCriterionAnswer]:
    """Agree on what makes everybody stop."""
    incident = incident_of(request, ref)
    made = add_stop_criterion(
        incident,
        by=request.auth,
        text=body.text or "",
        signal=body.signal,
        comparator=body.comparator or "",
        threshold=body.threshold,
    )
    standing = next(one for one in criteria_in(with_line.first(incident.pk)) if one.id == made.pk)
    return Status(201, criterion_answer(standing, incident.ref))


@router.delete("/stop-criteria/{int:criterion_id}", response={204: None})
def delete_criterion(request: ApiRequest, criterion_id: int) -> Status[None]:
    """Take a stop criterion back."""
    found = part_of(request, StopCriterion.objects.standing, criterion_id)
    remove_stop_criterion(found.pk, by=request.auth)
    return Status(204, None)
