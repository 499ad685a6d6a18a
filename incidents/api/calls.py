"""How the API answers what calls to everybody: stops, what stops the line, escalations."""

from datetime import datetime
from typing import Annotated

from incidents.models import Concern, Escalation
from incidents.queries.calls import CriterionView, EscalationView, StopView
from wire.schema import Answer, OneOf, Person


class StopAnswer(Answer):
    """The stop that holds; ``by`` is missing where a criterion called it."""

    by: str | None
    by_person: Person | None
    reason: str
    at: datetime
    criterion: int | None


class StopCriterionAnswer(Answer):
    """What makes everybody stop; with a signal it trips by itself."""

    id: int
    incident: str
    text: str
    signal: int | None
    comparator: str | None
    threshold: float | None
    is_over: bool


class EscalationAnswer(Answer):
    """A call for help or doubt, and who heard it."""

    id: int
    incident: str
    concern: Annotated[str, OneOf(Concern)]
    text: str
    by: str
    by_person: Person
    at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


def stop_answer(stop: StopView) -> StopAnswer:
    """The stop that holds."""
    by = Person(email=stop.by_email, name=stop.by) if stop.by_email else None
    return StopAnswer(
        by=stop.by_email or None,
        by_person=by,
        reason=stop.reason,
        at=stop.at,
        criterion=stop.criterion,
    )


def criterion_answer(criterion: CriterionView, ref: str) -> StopCriterionAnswer:
    """One stop criterion."""
    return StopCriterionAnswer(
        id=criterion.id,
        incident=ref,
        text=criterion.text,
        signal=criterion.signal,
        comparator=criterion.comparator or None,
        threshold=criterion.threshold,
        is_over=criterion.is_over,
    )


def waiting_answer(waiting: EscalationView, ref: str) -> EscalationAnswer:
    """One escalation that nobody has heard."""
    return EscalationAnswer(
        id=waiting.id,
        incident=ref,
        concern=waiting.concern,
        text=waiting.text,
        by=waiting.by_email,
        by_person=Person(email=waiting.by_email, name=waiting.by),
        at=waiting.at,
        acknowledged_at=None,
        acknowledged_by=None,
    )


def escalation_answer(escalation: Escalation, ref: str) -> EscalationAnswer:
    """One escalation; who called and who heard are loaded."""
    heard = escalation.acknowledged_by
    return EscalationAnswer(
        id=escalation.pk,
        incident=ref,
        concern=escalation.concern,
        text=escalation.text,
        by=escalation.by.email,
        by_person=Person(email=escalation.by.email, name=escalation.by.name),
        at=escalation.at,
        acknowledged_at=escalation.acknowledged_at,
        acknowledged_by=heard.email if heard else None,
    )
