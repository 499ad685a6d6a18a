"""The promised update: who hears at which step of its ladder, and in which words (P45)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deadlines.kinds import Due, Nudge, Step
from deadlines.models import Deadline
from incidents.cadence.intervals import interval_by
from incidents.cards.models import Card, Column
from incidents.record.deadlines import OfIncident, on_watch
from incidents.record.models import (
    DUE_STEP,
    GUESTS,
    Incident,
    LadderAudience,
    RosterRole,
    TimelineEntry,
)
from incidents.record.queries import ladder_by, policy_for, policy_of
from incidents.record.timeline import record
from incidents.record.zones import is_night, is_quiet, morning_after, sleeps, zone_of
from incidents.roster.queries import beyond_the_roster, escalation_contacts, roster, who_hears
from people.models import User

MINUTE = timedelta(minutes=1)


AWAKE = timedelta(minutes=30)
"""Whoever did something so recently is awake."""


@dataclass(frozen=True)
class UpdateStep(Step):
    """A step of P45's ladder, and whom it reaches."""

    audience: str = ""


_WHY: dict[str, str] = {
    LadderAudience.SPEAKER: "you speak for the incident",
    LadderAudience.FREE_HANDS: "you have your hands free, and the promise is missed",
    LadderAudience.ESCALATION: "the promise is missed and you stand above the incident",
}
"""Why a step reaches somebody; without an audience of its own, whoever speaks and leads."""


class UpdatePromise(OfIncident):
    """The promised next update, and the ladder of P45."""

    name = "update"
    words = "the next update"
    because = "the update is yours to give, or to help out"
    nudge_lives = timedelta(hours=3)

    def due_of(self, subject: Incident) -> Due:
        """The next update, and where it is written."""
        note = f"{subject.ref} · {subject.called}"
        return Due("The next update", note, "Write it", f"{subject.get_absolute_url()}#update")

    def ladder(self, subject: Incident, deadline: Deadline) -> Sequence[Step]:
        """The steps of the severity's policy, each with whom it reaches. One query at most.

        A step before the due time comes at most a third of the interval before.
        """
        policy = policy_for(subject)
        third = interval_by(subject, policy) / 3
        steps = []
        for name, minutes, audience in ladder_by(policy):
            offset = max(minutes * MINUTE, -third)
            steps.append(UpdateStep(offset, name, audience=audience))
        return steps

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Whom the step names, in words that fit how late it is; escalation never of a drill.

        At night SEV3 and SEV4 reach only who acted in the last 30 minutes, the rest at 09:00; in
        the quiet hours of a recovery only the person on watch is told.
        """
        audience = step.audience if isinstance(step, UpdateStep) else ""
        people = who_is_meant(subject, audience)
        if is_quiet(subject, now):
            watching = on_watch(subject)
            people = [watching] if watching is not None else people
        asleep, morning = who_sleeps(subject, people, now)
        told = []
        for person in people:
            line, words = _words(subject, deadline, step, audience, person)
            waits = person.pk in asleep
            if waits and step.is_reminder:
                # In the morning it reminds of nothing any more.
                continue
            told.append(
                Nudge(
                    person=person,
                    subject_line=f"{subject.ref}: {line}",
                    text=words,
                    url=subject.get_absolute_url(),
                    leaves_at=morning if waits else None,
                    digest="morning" if waits else "",
                    because=_WHY.get(audience, "you speak for the incident, or lead it"),
                )
            )
        return told

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """While the incident makes promises and this is the promise it made."""
        return subject.makes_promises and subject.next_update_at == deadline.due_at

    def on_step(self, subject: Incident, deadline: Deadline, step: Step, now: datetime) -> None:
        """The timeline keeps that the promise was missed."""
        if step.name == DUE_STEP:
            record(
                subject,
                "update_overdue",
                by=None,
                text="The promised update is overdue",
                at=deadline.due_at,
                due_at=deadline.due_at.isoformat(),
            )


def who_is_meant(incident: Incident, audience: str) -> list[User]:
    """The people behind an audience of the ladder."""
    match audience:
        case LadderAudience.SPEAKER:
            return who_hears(incident, RosterRole.COMMUNICATIONS)
        case LadderAudience.FREE_HANDS:
            return with_free_hands(incident)
        case LadderAudience.ESCALATION:
            return escalation_contacts(incident)
    return who_hears(incident, RosterRole.COMMUNICATIONS, RosterRole.COMMANDER)


def with_free_hands(incident: Incident) -> list[User]:
    """The deputy and whoever of the roster has no Now card; nobody free: the next in line."""
    busy = set(
        Card.objects.filter(incident=incident, column=Column.NOW).values_list("owner_id", flat=True)
    )
    people = []
    for held in roster(incident):
        is_free = held.person_id not in busy and held.role not in GUESTS
        if (held.role == RosterRole.DEPUTY or is_free) and held.person not in people:
            people.append(held.person)
    return people or beyond_the_roster(incident)


def _words(
    incident: Incident, deadline: Deadline, step: Step, audience: str, person: User
) -> tuple[str, str]:
    """Subject and text of a step, the time by the clock of who reads it."""
    at = clock_of(person, deadline.due_at)
    title = incident.named
    if step.is_reminder:
        return (
            f"the next update is promised for {at}",
            f"Stakeholders of {title} expect your update at {at}.",
        )
    if step.offset == timedelta(0):
        return (
            f"the update promised for {at} is due",
            f"Stakeholders of {title} were promised an update at {at}. Publish it now.",
        )
    if audience == LadderAudience.ESCALATION:
        return (
            f"escalated, update overdue since {at}",
            f"Stakeholders of {title} hear nothing since {at}. The promised update did not come.",
        )
    return (
        f"update overdue since {at}",
        f"The update of {title} is overdue since {at}. Help to get it out.",
    )


def clock_of(person: User, moment: datetime) -> str:
    """``moment`` by the clock of who reads it, with the zone: ``03:15 CET``."""
    return f"{moment.astimezone(person.zone):%H:%M %Z}"


def who_sleeps(
    incident: Incident, people: Sequence[User], moment: datetime
) -> tuple[set[int], datetime | None]:
    """Who of ``people`` sleeps at ``moment``, and when that night ends (P45).

    At night, for a severity that lets people sleep: whoever did nothing in this incident in the
    last 30 minutes. Four queries at most.
    """
    if not people or not sleeps(policy_of(incident.severity)):
        return set(), None
    zone = zone_of(incident)
    if not is_night(moment, zone):
        return set(), None
    ids = {person.pk for person in people}
    acted = TimelineEntry.objects.filter(
        incident=incident, actor__in=ids, recorded_at__gt=moment - AWAKE
    )
    awake = {pk for pk in acted.order_by().values_list("actor", flat=True) if pk is not None}
    return ids - awake, morning_after(moment, zone)
