"""What the API answers about stops and what is agreed to stop for."""

from datetime import datetime

from api.schema import Answer, Person
from incidents.line.queries import CriterionView, StopView


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
    return StopCriterionAnswer.of(criterion, incident=ref, comparator=criterion.comparator or None)
