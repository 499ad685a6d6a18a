"""What deadlines about an incident, and about a part of one, share."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from django.db.models import Model

from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from incidents.record.locking import lock_incident
from incidents.record.models import Incident
from people.models import User
from refusals.errors import NotVisible

Part = TypeVar("Part", bound=Model)


class OfPart(DeadlineKind[Part]):
    """A deadline about one part of an incident, such as a question."""

    model: ClassVar[type[Model]]
    people: ClassVar[tuple[str, ...]]
    """The part's fields that name people, loaded with it."""

    def lock(self, deadline: Deadline) -> Part | None:
        """The part, its incident locked."""
        try:
            incident = lock_incident(deadline.incident_id or 0)
        except NotVisible:
            return None
        parts = self.model._default_manager.select_related(*self.people)
        found: Any = parts.filter(incident=incident, pk=deadline.subject_id).first()
        if found is not None:
            found.incident = incident
        return found  # type: ignore[no-any-return]

    def about(self, subject: Part, deadline: Deadline) -> Incident:
        """Its incident."""
        return subject.incident  # type: ignore[attr-defined,no-any-return]


class OfIncident(DeadlineKind[Incident]):
    """A deadline whose subject is the incident itself, while it is open."""

    def lock(self, deadline: Deadline) -> Incident | None:
        """The incident, locked."""
        try:
            return lock_incident(deadline.subject_id)
        except NotVisible:
            return None

    def ladder(self, subject: Incident, deadline: Deadline) -> Sequence[Step]:
        """One step: when it is due."""
        return (Step(timedelta(0), "due"),)

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """While the incident is open."""
        return subject.is_open

    def about(self, subject: Incident, deadline: Deadline) -> Incident:
        """The incident itself."""
        return subject


def to_all(incident: Incident, people: Iterable[User], subject_line: str, text: str) -> list[Nudge]:
    """The same words to each of ``people``."""
    return [
        Nudge(person=person, subject_line=f"{incident.ref}: {subject_line}", text=text)
        for person in people
    ]
