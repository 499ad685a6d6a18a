"""How the API answers what calls to everybody: stops, escalations, and what waits meanwhile."""

from datetime import datetime
from typing import Annotated

from incidents.models import Concern, Escalation, Outcome
from incidents.queries.calls import CriterionView, EscalationView, PausedView, StopView
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


class PausedWorkAnswer(Answer):
    """Side work that waits, or what became of it."""

    id: int
    incident: str
    title: str
    owner: str
    owner_person: Person
    url: str
    why: str
    resume_when: str
    paused_at: datetime
    outcome: Annotated[str, OneOf(Outcome)] | None
    note: str


def paused_answer(paused: PausedView, ref: str) -> PausedWorkAnswer:
    """One piece of paused work."""
    return PausedWorkAnswer(
        id=paused.id,
        incident=ref,
        title=paused.title,
        owner=paused.owner_email,
        owner_person=Person(email=paused.owner_email, name=paused.owner),
        url=paused.url,
        why=paused.why,
        resume_when=paused.resume_when,
        paused_at=paused.at,
        outcome=paused.outcome or None,
        note=paused.note,
    )


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
