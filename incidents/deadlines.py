"""What an open incident owes: who hears at which step when it is late, and in which words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from deadlines.office_hours import local_moment
from incidents.actions.promises import (
    COMMAND_ACCEPTANCE,
    FIX_OWNER,
    NO_COMMANDER,
    UPDATE,
    WAR_ROOM_LINK,
    interval_by,
)
from incidents.locking import lock_incident
from incidents.models import (
    DUE_STEP,
    Card,
    Column,
    Incident,
    Kind,
    LadderAudience,
    RoleAssignment,
    RosterRole,
    SeverityPolicy,
)
from incidents.queries.incidents import is_visible
from incidents.queries.ladders import ladder_of
from incidents.queries.policies import policy_of
from incidents.queries.roster import (
    beyond_the_roster,
    commander_of,
    holder_of,
    roster,
    who_hears,
)
from incidents.timeline import record
from people.models import User
from refusals.errors import NotVisible

MINUTE = timedelta(minutes=1)
MORNING = time(9, 0)
EVENING = time(20, 0)


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

    def still_matters(self, deadline: Deadline, person: User | None) -> str | None:
        """Only to people who may still see the incident."""
        return why_not_to(deadline.subject_id, person)


def why_not_to(incident_id: int, person: User | None) -> str | None:
    """Why a nudge about this incident must not reach ``person`` any more, or nothing."""
    if person is None or is_visible(person, incident_id):
        return None
    return "They may not see the incident any more."


def to_all(incident: Incident, people: Iterable[User], subject_line: str, text: str) -> list[Nudge]:
    """The same words to each of ``people``."""
    return [
        Nudge(
            person=person,
            subject_line=f"{incident.ref}: {subject_line}",
            text=text,
            url=incident.get_absolute_url(),
        )
        for person in people
    ]


@dataclass(frozen=True)
class UpdateStep(Step):
    """A step of P45's ladder, and whom it reaches."""

    audience: str = ""


class UpdatePromise(OfIncident):
    """The promised next update, and the ladder of P45."""

    name = UPDATE
    words = "the next update"
    nudge_lives = timedelta(hours=3)

    def ladder(self, subject: Incident, deadline: Deadline) -> Sequence[Step]:
        """The steps of the severity's policy, each with whom it reaches. Two queries.

        A step before the due time comes at most a third of the interval before. One to escalation
        contacts SEV3 and SEV4 put off to 09:00 at night; a later step then waits behind it.
        """
        policy = policy_of(subject.severity)
        third = interval_by(subject, policy) / 3
        steps = []
        for name, minutes, audience in ladder_of(subject.severity):
            offset = max(minutes * MINUTE, -third)
            is_escalation = audience == LadderAudience.ESCALATION
            at = deadline.due_at + offset
            moment = not_before(subject, at, policy) if is_escalation else None
            steps.append(UpdateStep(offset, name, moment, audience=audience))
        return steps

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Whom the step names, in words that fit how late it is; escalation never of a drill."""
        audience = step.audience if isinstance(step, UpdateStep) else ""
        at = f"{deadline.due_at:%H:%M} UTC"
        link = subject.title
        if step.is_reminder:
            line = f"the next update is promised for {at}"
            words = f"Stakeholders of {link} expect your update at {at}."
        elif step.offset == timedelta(0):
            line = f"the update promised for {at} is due"
            words = f"Stakeholders of {link} were promised an update at {at}. Publish it now."
        elif audience == LadderAudience.ESCALATION:
            line = f"escalated, update overdue since {at}"
            words = (
                f"{link}: stakeholders hear nothing since {at}. The promised update did not come."
            )
        else:
            line = f"update overdue since {at}"
            words = f"The update of {link} is overdue since {at}. Help to get it out."
        return to_all(subject, who_is_meant(subject, audience), line, words)

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


def not_before(
    incident: Incident, moment: datetime, policy: SeverityPolicy | None
) -> datetime | None:
    """When the last step may wake somebody: for policies that do not, the next 09:00 of its zone.

    Night is from 20:00 to 09:00 by the zone of the service's owner, else UTC. Somebody at work,
    with a card in Now, means that the incident is not asleep either.
    """
    if policy is None or policy.wakes_at_night:
        return None
    if Card.objects.filter(incident=incident, column=Column.NOW).exists():
        return None
    owner = User.objects.filter(pk__in=incident.services.values("owner")).first()
    zone = (owner or User()).zone
    local = moment.astimezone(zone).time()
    return None if MORNING <= local < EVENING else local_moment(zone, moment, MORNING)


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
        is_free = held.person_id not in busy and held.role != RosterRole.OBSERVER
        if (held.role == RosterRole.DEPUTY or is_free) and held.person not in people:
            people.append(held.person)
    return people or beyond_the_roster(incident)


def escalation_contacts(incident: Incident) -> list[User]:
    """Whom the policy names, as far as they may see it; a drill stays on its own roster."""
    if incident.kind == Kind.DRILL:
        return who_hears(incident, RosterRole.COMMANDER)
    policy = policy_of(incident.severity)
    contacts = list(policy.escalation_contacts.filter(is_active=True)) if policy else []
    seeing = [one for one in contacts if is_visible(one, incident.pk)]
    return seeing or beyond_the_roster(incident)


class WarRoomLink(OfIncident):
    """P01: where people talk, within two minutes."""

    name = WAR_ROOM_LINK
    words = "the links to chat and call"
    nudge_lives = timedelta(minutes=30)

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """Until one is linked."""
        return subject.is_open and subject.linked_at is None

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The commander."""
        return to_all(
            subject,
            who_hears(subject, RosterRole.COMMANDER),
            "link the war room",
            "Two minutes have passed without a chat or call link. Paste one, so people find you.",
        )


class NoCommander(OfIncident):
    """P01: an alert opened it and nobody commands yet."""

    name = NO_COMMANDER
    words = "somebody in command"

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """Until somebody commands."""
        return subject.is_open and commander_of(subject) is None

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The service's owner, else the admins."""
        return to_all(
            subject,
            beyond_the_roster(subject),
            "nobody commands",
            f"{subject.title}: nobody commands for two minutes now. Take it, or name somebody.",
        )


class FixOwnerMissing(OfIncident):
    """P06: the triage window ends and nobody owns the fix."""

    name = FIX_OWNER
    words = "a fix owner"
    nudge_lives = timedelta(hours=2)

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """Until somebody owns the fix."""
        return subject.is_open and holder_of(subject, RosterRole.FIX_OWNER) is None

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The commander."""
        return to_all(
            subject,
            who_hears(subject, RosterRole.COMMANDER),
            "who owns the fix?",
            "The triage window has ended and nobody owns the fix. Name exactly one person.",
        )

    def on_step(self, subject: Incident, deadline: Deadline, step: Step, now: datetime) -> None:
        """The timeline keeps that the window ended without an owner."""
        record(
            subject,
            "deadline_missed",
            by=None,
            text="The triage window ended without a fix owner",
            at=deadline.due_at,
            deadline=self.name,
        )


class CommandAcceptance(OfIncident):
    """P11: command was handed over and the next one has not accepted for two minutes."""

    name = COMMAND_ACCEPTANCE
    words = "command to be accepted"
    nudge_lives = timedelta(minutes=30)

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """Until the named commander accepted."""
        waiting = RoleAssignment.objects.active().filter(
            incident=subject, role=RosterRole.COMMANDER, accepted_at__isnull=True
        )
        return subject.is_open and waiting.exists()

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The one who was named, and whoever handed over."""
        commander = commander_of(subject)
        before = User.objects.filter(pk=deadline.context.get("from")).first()
        name = commander.name if commander else "Nobody"
        return to_all(
            subject,
            [one for one in (commander, before) if one is not None],
            "command is not accepted",
            f"Command was handed to {name} two minutes ago and is not accepted. "
            "Accept it, or take it back.",
        )


KINDS = (
    UpdatePromise(),
    WarRoomLink(),
    NoCommander(),
    FixOwnerMissing(),
    CommandAcceptance(),
)
