"""The promised update and the question that waits: who hears at which step, in which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from deadlines.kinds import Nudge, Step
from deadlines.models import Deadline
from deadlines.office_hours import local_moment
from incidents.board.models import Card, Column
from incidents.record.deadlines import OfIncident, OfPart, to_all
from incidents.record.models import DUE_STEP, Incident, LadderAudience, RosterRole, SeverityPolicy
from incidents.record.queries import ladder_of, policy_of
from incidents.record.timeline import record
from incidents.roster.queries import beyond_the_roster, escalation_contacts, roster, who_hears
from incidents.updates.cadence import interval_by
from incidents.updates.models import Question
from notifications.actions import tell
from notifications.models import Delivery
from people.models import User


class QuestionWaiting(OfPart[Question]):
    """P47: a stakeholder's question, to be answered by the next promised update."""

    name = "question"
    model = Question
    people = ("by",)
    words = "an answer to a question"

    def ladder(self, subject: Question, deadline: Deadline) -> Sequence[Step]:
        """One step: when it is due."""
        return (Step(timedelta(0), "due"),)

    def is_still_wanted(self, subject: Question, deadline: Deadline) -> bool:
        """Until it is answered or declined."""
        return subject.answered_at is None and subject.declined_at is None

    def nudges(
        self, subject: Question, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Communications, never the people digging."""
        return to_all(
            subject.incident,
            who_hears(subject.incident, RosterRole.COMMUNICATIONS),
            "a question waits",
            f"“{subject.text}” was to be answered by now. Answer or decline it.",
        )

    @classmethod
    def tell(cls, question: Question, incident: Incident, hearing: Sequence[User]) -> None:
        """Communications, the moment it is asked."""
        tell(
            incident,
            hearing,
            cls.name,
            f"{incident.ref}: a question from {question.by.name}",
            question.text,
            key=f"{cls.name}:{question.pk}",
            context={"question": question.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """A nudge like any; the first message once the question was settled."""
        asked = delivery.context.get("question")
        if asked is None:
            return super().why_stale(delivery)
        waiting = Question.objects.waiting().filter(pk=asked)
        return None if waiting.exists() else "The question was settled."


MINUTE = timedelta(minutes=1)


MORNING = time(9, 0)


EVENING = time(20, 0)


@dataclass(frozen=True)
class UpdateStep(Step):
    """A step of P45's ladder, and whom it reaches."""

    audience: str = ""


class UpdatePromise(OfIncident):
    """The promised next update, and the ladder of P45."""

    name = "update"
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
