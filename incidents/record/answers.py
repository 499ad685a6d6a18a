"""What the API answers about an entry of the timeline, and about when it is expected back."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from api.schema import Answer, Person
from incidents.record.expected import ExpectedBack
from incidents.record.models import Incident, TimelineEntry
from people.answers import email_of, person_answer
from refusals.versions import stale_carries


class EntryAnswer(Answer):
    """One entry of the record."""

    seq: int
    at: datetime
    recorded_at: datetime
    afterwards: bool
    kind: str
    actor: str | None
    actor_person: Person | None
    text: str
    data: dict[str, Any]


def entry_answer(entry: TimelineEntry) -> EntryAnswer:
    """An entry of the record; ``actor`` is loaded."""
    return EntryAnswer.of(
        entry, actor=email_of(entry.actor), actor_person=person_answer(entry.actor)
    )


class ExpectedBackAnswer(Answer):
    """When it is expected back; without ``at`` it is not known yet. ``moved`` says how often."""

    at: datetime | None
    said_at: datetime
    reason: str
    moved: int


def expected_back_answer(incident: Incident) -> ExpectedBackAnswer | None:
    """What stands, or nothing while nobody said anything and after the end. No query."""
    return said_answer(incident.expected)


def said_answer(said: ExpectedBack | None) -> ExpectedBackAnswer | None:
    """What was said, or nothing."""
    if said is None:
        return None
    return ExpectedBackAnswer.of(said)


_whole: list[Callable[[Incident], dict[str, Any]]] = []


def register_whole(answer: Callable[[Incident], dict[str, Any]]) -> None:
    """Answer an incident as a whole by ``answer``, which stands on a higher floor."""
    _whole[:] = [answer]


def current_incident(incident: Incident) -> AbstractContextManager[None]:
    """Let a ``stale`` refusal carry the incident as it is now, in the words of this API."""
    return stale_carries(lambda: _whole[0](Incident.objects.get(pk=incident.pk)))
