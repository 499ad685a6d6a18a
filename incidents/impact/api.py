"""The API's endpoints about who is blocked."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Id, Moment
from clock.queries import now
from incidents.impact.actions import add_impact, change_impact, remove_impact
from incidents.impact.answers import ImpactAnswer, impact_answer
from incidents.impact.models import Impact
from incidents.record.finding import incident_of, part_of
from people.callers import RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["impact"])

Amount = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]


class NewImpact(Body):
    """A journey, who is blocked, a number known at a time, and how it goes on from there."""

    journey: str = Field(max_length=200)
    blocked: str = Field(max_length=200)
    amount: Amount
    unit: str = Field(max_length=60)
    at: Moment | None = None
    per_minute: Amount | None = None
    signal: Id | None = None
    currency: str | None = Field(None, max_length=3)
    story: str | None = Field(None, max_length=300)
    cut_off: str | None = Field(None, max_length=120)
    cut_off_at: Moment | None = None


class ImpactChange(Body):
    """Fields to change; ``null`` ends a rate or a tie to a signal."""

    journey: str | None = Field(None, max_length=200)
    blocked: str | None = Field(None, max_length=200)
    amount: Amount | None = None
    unit: str | None = Field(None, max_length=60)
    at: Moment | None = None
    per_minute: Amount | None = None
    signal: Id | None = None
    currency: str | None = Field(None, max_length=3)
    story: str | None = Field(None, max_length=300)
    cut_off: str | None = Field(None, max_length=120)
    cut_off_at: Moment | None = None


@router.post("/incidents/{ref}/impact", response={201: ImpactAnswer})
def create_impact(request: ApiRequest, ref: str, body: NewImpact) -> Status[ImpactAnswer]:
    """Record who is blocked, with a rate per minute or a signal it is read from."""
    incident = incident_of(request, ref)
    impact = add_impact(incident, by=request.auth, **body.model_dump(exclude_none=True))
    return Status(201, impact_answer(impact, incident, now()))


@router.patch("/impact/{int:impact_id}", response=ImpactAnswer)
def patch_impact(request: ApiRequest, impact_id: int, body: ImpactChange) -> ImpactAnswer:
    """Change an impact; the record keeps what it said before."""
    impact = part_of(request, Impact.objects.standing, impact_id)
    given = body.model_dump(exclude_unset=True)
    changed = change_impact(impact.pk, by=request.auth, **given)
    return impact_answer(changed, impact.incident, now())


@router.delete("/impact/{int:impact_id}", response={204: None})
def delete_impact(request: ApiRequest, impact_id: int) -> Status[None]:
    """Take an impact out of the running total; the record keeps it."""
    impact = part_of(request, Impact.objects.standing, impact_id)
    remove_impact(impact.pk, by=request.auth)
    return Status(204, None)
