"""What the API answers about action items."""

from datetime import datetime
from typing import Annotated, Any

from api.schema import Answer, OneOf, Person
from people.answers import email_of
from postmortems.items.models import ActionItem, ItemState, ItemType, Priority
from postmortems.items.queries import moves_in


class LookAnswer(Answer):
    """What the look at the whole list showed of it."""

    started: bool
    owned: bool
    still_right: bool
    word: str
    by: str | None
    at: datetime


class DateMoveAnswer(Answer):
    """One move of the due date, and why."""

    before: datetime
    due_at: datetime
    reason: str


class ItemAnswer(Answer):
    """An action item; ``overdue`` is derived now."""

    id: int
    incident: str
    title: str
    type: Annotated[str, OneOf(ItemType)]
    owner: str
    owner_person: Person
    due_at: datetime
    first_due_at: datetime
    priority: Annotated[str, OneOf(Priority)]
    success_criterion: str
    signal: int | None
    idea: int | None
    override_reason: str
    state: Annotated[str, OneOf(ItemState)]
    overdue: bool
    moved_count: int
    moves: list[DateMoveAnswer]
    reopened_count: int
    created_at: datetime
    done_at: datetime | None
    done_by: str | None
    done_note: str
    verify_due_at: datetime | None
    verified_at: datetime | None
    verified_by: str | None
    verify_note: str
    moving: bool | None
    verified_early_because: str
    verified_alone: bool
    signal_before: dict[str, Any] | None
    signal_after: dict[str, Any] | None
    look: LookAnswer | None
    declined_because: str
    version: int


def look_answer(item: ActionItem) -> LookAnswer | None:
    """The look at an item, loaded with it; ``None`` until somebody looked."""
    look = getattr(item, "look", None)
    if look is None:
        return None
    return LookAnswer(
        started=look.started,
        owned=look.owned,
        still_right=look.still_right,
        word=look.word,
        by=email_of(look.by),
        at=look.at,
    )


def item_answer(item: ActionItem, moment: datetime) -> ItemAnswer:
    """An action item; its people, look, idea, moves, review and incident are loaded."""
    computed = {
        "incident": item.postmortem.incident.ref,
        "owner": item.owner.email,
        "owner_person": Person(email=item.owner.email, name=item.owner.name),
        "signal": item.signal_id,
        "idea": idea.pk if (idea := getattr(item, "idea", None)) is not None else None,
        "overdue": item.is_overdue_at(moment),
        "done_by": email_of(item.done_by),
        "verified_by": email_of(item.verified_by),
        "moving": item.is_moving,
        "look": look_answer(item),
        "moves": [DateMoveAnswer.of(one) for one in moves_in(item)],
    }
    stored = set(ItemAnswer.model_fields) - set(computed)
    return ItemAnswer(**{name: getattr(item, name) for name in stored}, **computed)
