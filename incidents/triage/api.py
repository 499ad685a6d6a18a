"""The API's call when the triage window ends."""

from typing import Annotated, Literal

from ninja import Router
from pydantic import Field

from api.schema import Body, Email, OneOf
from incidents.record.finding import incident_of
from incidents.record.models import Severity
from incidents.state.answers import IncidentAnswer, incident_state
from incidents.triage.actions import choose_after_triage
from people.callers import RESPONDERS, ApiRequest
from people.queries import person_by_email

router = Router(auth=RESPONDERS, tags=["incidents"])


class TriageChoice(Body):
    """How it goes on: the cause is known, more people or a higher severity, or help."""

    choice: Literal["identified", "widen", "escalate"]
    severity: Annotated[str, OneOf(Severity)] | None = None
    person: Email | None = None
    text: str | None = Field(None, max_length=500)


@router.post("/incidents/{ref}/triage", response=IncidentAnswer)
def triage(request: ApiRequest, ref: str, body: TriageChoice) -> IncidentAnswer:
    """Choose after the triage window: identified, widen, or escalate."""
    chosen = choose_after_triage(
        incident_of(request, ref),
        by=request.auth,
        choice=body.choice,
        severity=body.severity or "",
        person=person_by_email(body.person, field="person") if body.person else None,
        text=body.text or "",
    )
    return incident_state(chosen)
