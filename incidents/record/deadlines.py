"""The bases of deadlines about an incident, and about a part of one."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from django.db.models import Model

from deadlines.kinds import DeadlineKind, Due, Nudge, Step
from deadlines.models import Deadline
from incidents.record.locking import lock_incident
from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.record.visibility import is_visible
from incidents.record.zones import quiet_ends
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

    def dues(self, deadlines: Sequence[Deadline]) -> dict[int, Due]:
        """Each part in its own words. One query."""
        parts = self.model._default_manager.select_related("incident", *self.people)
        found: Any = parts.filter(pk__in=[one.subject_id for one in deadlines])
        return {part.pk: self.due_of(part) for part in found}

    @abstractmethod
    def due_of(self, subject: Part) -> Due:
        """What the start page says of one."""

    def about(self, subject: Part, deadline: Deadline) -> Incident:
        """Its incident."""
        return subject.incident  # type: ignore[attr-defined,no-any-return]

    def put_off(self, subject: Part, nudges: Sequence[Nudge], now: datetime) -> Sequence[Nudge]:
        """Until quiet hours end, but for whoever is on watch."""
        return until_quiet_ends(subject.incident, nudges, now)  # type: ignore[attr-defined]


def until_quiet_ends(incident: Incident, nudges: Sequence[Nudge], now: datetime) -> Sequence[Nudge]:
    """In the quiet hours of a recovery only whoever is on watch is nudged now (P40).

    The others hear when quiet hours end. One query in quiet hours without a named watch.
    """
    morning = quiet_ends(incident, now)
    if morning is None:
        return nudges
    watching = on_watch(incident)
    return [
        one
        if one.person is None or one.person == watching
        else replace(one, leaves_at=max(morning, one.leaves_at or morning), digest="morning")
        for one in nudges
    ]


def on_watch(incident: Incident) -> User | None:
    """Who is nudged in quiet hours: whoever was named, as long as they may be told, else who leads.

    Two queries at most.
    """
    named = incident.watching
    if named is not None and named.is_responder and is_visible(named, incident.pk):
        return named
    leads = RoleAssignment.objects.active().filter(incident=incident, role=RosterRole.COMMANDER)
    held = leads.select_related("person").first()
    return held.person if held is not None else None


class OfIncident(DeadlineKind[Incident]):
    """A deadline whose subject is the incident itself, while it is open."""

    def put_off(self, subject: Incident, nudges: Sequence[Nudge], now: datetime) -> Sequence[Nudge]:
        """Until quiet hours end, but for whoever is on watch."""
        return until_quiet_ends(subject, nudges, now)

    def lock(self, deadline: Deadline) -> Incident | None:
        """The incident, locked."""
        try:
            return lock_incident(deadline.subject_id)
        except NotVisible:
            return None

    def dues(self, deadlines: Sequence[Deadline]) -> dict[int, Due]:
        """Each with its incident named. One query."""
        found = Incident.objects.filter(pk__in=[one.subject_id for one in deadlines])
        return {one.pk: self.due_of(one) for one in found}

    def due_of(self, subject: Incident) -> Due:
        """What the start page says of one: what is awaited, and of which incident."""
        title = self.words[0].upper() + self.words[1:]
        note = f"{subject.ref} · {subject.called}"
        return Due(title, note, url=subject.get_absolute_url())

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
