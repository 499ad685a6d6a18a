"""The API's endpoint for every promise of an incident."""

from datetime import datetime
from typing import Annotated

from ninja import Router

from api.paging import Cursor, Limit, page
from api.schema import Answer, OneOf, Page, Person
from clock.queries import now
from deadlines.models import Deadline
from deadlines.promises import Outcome, deadlines_of, promise_at
from incidents.record.finding import incident_of
from people.callers import RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["promises"])


class PromiseAnswer(Answer):
    """A promise and what became of it; ``late_by_s`` counts on while it is owed."""

    id: int
    kind: str
    what: str
    owner: str | None
    owner_person: Person | None
    due_at: datetime
    outcome: Annotated[str, OneOf(Outcome)]
    kept_at: datetime | None
    late_by_s: int | None


@router.get("/incidents/{ref}/promises", response=Page[PromiseAnswer])
def promises(
    request: ApiRequest, ref: str, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[PromiseAnswer]:
    """Every promise: due, kept, late by how much, missed. The one due last comes first."""
    moment = now()

    def answer(deadline: Deadline) -> PromiseAnswer:
        made = promise_at(deadline, moment)
        email = made.owner_email
        return PromiseAnswer.of(
            made,
            what=made.words,
            owner=email or None,
            owner_person=Person(email=email, name=made.owner) if email else None,
            outcome=made.outcome.value,
            late_by_s=int(made.late_by.total_seconds()) if made.late_by else None,
        )

    return page(
        deadlines_of(incident_of(request, ref).pk),
        by=["-due_at", "-id"],
        limit=limit,
        cursor=cursor,
        answer=answer,
    )
