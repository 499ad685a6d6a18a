"""What the API answers about ideas."""

from datetime import datetime
from typing import Literal

from api.schema import Answer, Person
from people.answers import email_of
from postmortems.ideas.models import Idea


class IdeaAnswer(Answer):
    """An idea, whose it was, and what became of it."""

    id: int
    incident: str
    text: str
    state: Literal["open", "committed", "dropped"]
    by: str
    by_person: Person
    at: datetime
    item: int | None
    dropped_because: str
    dropped_by: str | None
    dropped_at: datetime | None
    version: int


def idea_answer(idea: Idea) -> IdeaAnswer:
    """An idea; its people, review and incident are loaded."""
    return IdeaAnswer.of(
        idea,
        id=idea.pk,
        incident=idea.ref,
        by=idea.by.email,
        by_person=Person(email=idea.by.email, name=idea.by.name),
        item=idea.item_id,
        dropped_by=email_of(idea.dropped_by),
    )
