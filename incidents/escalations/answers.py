"""What the API answers about escalations."""

from datetime import datetime
from typing import Annotated

from api.schema import Answer, OneOf, Person
from incidents.escalations.models import Concern, Escalation
from incidents.escalations.queries import EscalationView


class EscalationAnswer(Answer):
    """A call for help or doubt, and who heard it."""

    id: int
    incident: str
    concern: Annotated[str, OneOf(Concern)]
    text: str
    by: str
    by_person: Person
    agent: str | None
    at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


def waiting_answer(waiting: EscalationView, ref: str) -> EscalationAnswer:
    """One escalation that nobody has heard."""
    return EscalationAnswer.of(
        waiting,
        incident=ref,
        by=waiting.by_email,
        by_person=Person(email=waiting.by_email, name=waiting.by),
        agent=waiting.agent or None,
        acknowledged_at=None,
        acknowledged_by=None,
    )


def escalation_answer(escalation: Escalation, ref: str) -> EscalationAnswer:
    """One escalation; who called and who heard are loaded."""
    heard = escalation.acknowledged_by
    return EscalationAnswer.of(
        escalation,
        incident=ref,
        by=escalation.by.email,
        by_person=Person(email=escalation.by.email, name=escalation.by.name),
        agent=escalation.token.name if escalation.token else None,
        acknowledged_by=heard.email if heard else None,
    )
