"""What the API answers about paused work."""

from datetime import datetime
from typing import Annotated

from api.schema import Answer, OneOf, Person
from incidents.sidework.models import Outcome
from incidents.sidework.queries import PausedView


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
    return PausedWorkAnswer.of(
        paused,
        incident=ref,
        owner=paused.owner_email,
        owner_person=Person(email=paused.owner_email, name=paused.owner),
        paused_at=paused.at,
        outcome=paused.outcome or None,
    )
