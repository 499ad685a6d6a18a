"""What the API answers about obligations."""

from datetime import datetime
from typing import Literal

from api.schema import Answer, Person
from incidents.obligations.queries import ObligationView


class ObligationAnswer(Answer):
    """An obligation and what became of it."""

    id: int
    incident: str
    name: str
    template: str | None
    aware_at: datetime
    due_at: datetime
    owner: str
    owner_person: Person
    state: Literal["owed", "filed", "declined"]
    overdue: bool
    filed_at: datetime | None
    late_by_s: float | None
    reference: str
    declined_at: datetime | None
    declined_because: str


class StartedAnswer(ObligationAnswer):
    """The first due of those that were started; ``also`` are the others of the template."""

    also: list[ObligationAnswer]


def obligation_answer(one: ObligationView, ref: str, moment: datetime) -> ObligationAnswer:
    """One obligation as of ``moment``."""
    return ObligationAnswer(
        id=one.id,
        incident=ref,
        name=one.name,
        template=one.template,
        aware_at=one.aware_at,
        due_at=one.due_at,
        owner=one.owner_email,
        owner_person=Person(email=one.owner_email, name=one.owner),
        state=one.state,  # type: ignore[arg-type]
        overdue=one.is_overdue_at(moment),
        filed_at=one.filed_at,
        late_by_s=one.late_by.total_seconds() if one.late_by else None,
        reference=one.reference,
        declined_at=one.declined_at,
        declined_because=one.declined_because,
    )
