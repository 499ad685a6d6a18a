"""The API's endpoints about escalating early."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, OneOf
from incidents.escalations.actions import acknowledge_escalation, escalate
from incidents.escalations.answers import EscalationAnswer, escalation_answer
from incidents.escalations.models import Concern, Escalation
from incidents.record.finding import incident_of, part_of
from people.callers import HELPERS_AND_AGENTS, RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["escalations"])


class NewEscalation(Body):
    """One line, and whether it is a call for help or a doubt."""

    text: str = Field(max_length=500)
    concern: Annotated[str, OneOf(Concern)] | None = None


@router.post(
    "/incidents/{ref}/escalations", response={201: EscalationAnswer}, auth=HELPERS_AND_AGENTS
)
def create_escalation(
    request: ApiRequest, ref: str, body: NewEscalation
) -> Status[EscalationAnswer]:
    """Ask for help, or say that something does not look right."""
    incident = incident_of(request, ref)
    made = escalate(
        incident, by=request.auth, text=body.text, concern=body.concern or Concern.STUCK
    )
    return Status(201, escalation_answer(made, incident.ref))


@router.post("/escalations/{int:escalation_id}/acknowledge", response=EscalationAnswer)
def acknowledge(request: ApiRequest, escalation_id: int) -> EscalationAnswer:
    """Say: I have it. Twice is once."""
    found = part_of(request, Escalation.objects.all, escalation_id)
    heard = acknowledge_escalation(found.pk, by=request.auth)
    return escalation_answer(heard, found.incident.ref)
