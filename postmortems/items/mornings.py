"""The one message that a person gets a day about reviews and action items (P58).

Notes are left by ``review.mornings``; here they become lines, as the things stand when the message
is written. What was settled meanwhile, or is not theirs to see any more, is not in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deadlines.actions import keep_deadline, move_deadline
from deadlines.climbing import LATE
from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from deadlines.office_hours import next_office_moment
from incidents.record.models import Incident
from notifications.actions import queue_delivery
from notifications.models import Delivery
from people.models import User
from postmortems.items.models import ActionItem, ItemState
from postmortems.review.deadlines import KINDS as OF_REVIEWS
from postmortems.review.models import Postmortem
from postmortems.review.mornings import FACILITATES, GATHER, MORNING, key_of_day
from postmortems.review.schedule import ITEM, VERIFICATION

SHOWN = 30
LIVES = timedelta(days=3)
NAMED = "named"
"""The step of a note that says whose an item is now."""
Note = tuple[str, int, str]


@dataclass(frozen=True)
class Line:
    """One thing in the day's message, and the page it stands on."""

    words: str
    url: str
    incident: Incident
    is_item: bool


class Morning(DeadlineKind[User]):
    """P58: what a person is told of the day, as one message in their office hours."""

    name = MORNING
    words = "the message of the day"

    def lock(self, deadline: Deadline) -> User | None:
        """The person, while their account is active; no incident is touched."""
        found: User | None = User.objects.active().filter(pk=deadline.subject_id).first()
        return found

    def ladder(self, subject: User, deadline: Deadline) -> Sequence[Step]:
        """One step."""
        return (Step(timedelta(0), "daily"),)

    def nudges(
        self, subject: User, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """None of its own: ``on_step`` writes the day's message, or nothing."""
        return ()

    def on_step(self, subject: User, deadline: Deadline, step: Step, now: datetime) -> None:
        """Write the message; what is noted from now on goes into the next one.

        Where enforcement was away, everything of its time falls due now: then it waits once more.
        """
        if now - deadline.due_at > LATE and not deadline.context.get("waited"):
            waiting = Deadline.objects.filter(pk=deadline.pk)
            waiting.update(context={**deadline.context, "waited": True})
            move_deadline(MORNING, subject, due_at=now + GATHER)
            return
        notes = [(kind, pk, of) for kind, pk, of in deadline.context.get("notes", [])]
        _write(subject, notes, now)
        keep_deadline(MORNING, subject, at=now, reason="It was said.")


def _write(person: User, notes: Sequence[Note], moment: datetime) -> None:
    lines = lines_of(person, notes, moment)
    if not lines:
        return
    only = lines[0] if len(lines) == 1 else None
    leaves_at = next_office_moment(person, moment)
    said = [f"- {line.words}" for line in lines[:SHOWN]]
    if len(lines) > SHOWN:
        said.append(f"… and {len(lines) - SHOWN} more.")
    queue_delivery(
        key=key_of_day(person, leaves_at),
        kind=MORNING,
        step="daily",
        person=person,
        subject_line=only.words if only else _how_many(lines),
        text="\n".join(said),
        url=only.url if only else "/actions/" if all(one.is_item for one in lines) else "/",
        incident_id=only.incident.pk if only else None,
        incident_ref=only.incident.ref if only else "",
        context={
            "notes": [list(note) for note in notes],
            "incidents": sorted({line.incident.pk for line in lines}),
        },
        due_at=leaves_at,
        expires_at=leaves_at + LIVES,
    )


def _how_many(lines: Sequence[Line]) -> str:
    if all(line.is_item for line in lines):
        return f"{len(lines)} action items need a look"
    return f"{len(lines)} things need a look: reviews and action items"


def lines_of(person: User, notes: Sequence[Note], moment: datetime) -> list[Line]:
    """What of the notes is still to be said to ``person``, each thing once. Two queries."""
    return [*_review_lines(person, notes, moment), *_item_lines(person, notes, moment)]


def _review_lines(person: User, notes: Sequence[Note], moment: datetime) -> Iterator[Line]:
    kinds = {kind.name: kind for kind in OF_REVIEWS}
    asked = {(kind, pk) for kind, pk, _ in notes if kind in kinds or kind == FACILITATES}
    found = Postmortem.objects.filter(
        pk__in=[pk for _, pk in asked], incident__in=Incident.objects.visible_to(person)
    )
    for review in found.select_related("incident").order_by("incident__number"):
        incident = review.incident
        if (FACILITATES, review.pk) in asked and _runs(person, review):
            yield Line(_facilitates(review, person), review.get_absolute_url(), incident, False)
        for name, kind in kinds.items():
            if (name, review.pk) in asked and kind.is_owed(review):
                words = kind.line(review, person, moment)
                yield Line(words, review.get_absolute_url(), incident, False)


def _runs(person: User, review: Postmortem) -> bool:
    """Whether it is still news that this person runs the review."""
    return (
        review.facilitator_id == person.pk
        and not review.is_published
        and not review.incident.is_open
    )


def _facilitates(review: Postmortem, person: User) -> str:
    when = ""
    if review.meeting_at is not None and review.meeting_held_at is None:
        when = f", proposed for {review.meeting_at.astimezone(person.zone):%-d %b %H:%M}"
    return (
        f"{review.incident.ref}: you facilitate the review of “{review.incident.title}”{when}. "
        "Agree on the facts first"
    )


def _item_lines(person: User, notes: Sequence[Note], moment: datetime) -> Iterator[Line]:
    steps: dict[tuple[str, int], set[str]] = {}
    for kind, pk, step in notes:
        steps.setdefault((kind, pk), set()).add(step)
    found = ActionItem.objects.filter(
        pk__in=[pk for kind, pk in steps if kind in (ITEM, VERIFICATION)],
        postmortem__incident__in=Incident.objects.visible_to(person),
    )
    for item in found.select_related("postmortem__incident").order_by("priority", "due_at", "pk"):
        incident = item.postmortem.incident
        if item.state == ItemState.OPEN and (ITEM, item.pk) in steps:
            is_new = NAMED in steps[ITEM, item.pk] and item.owner_id == person.pk
            if is_new or steps[ITEM, item.pk] != {NAMED}:
                words = _item_words(item, person, moment, is_new=is_new)
                yield Line(words, item.get_absolute_url(), incident, True)
        elif item.state == ItemState.DONE and (VERIFICATION, item.pk) in steps:
            words = f"To verify: “{item.title}” ({incident.ref})"
            yield Line(words, item.get_absolute_url(), incident, True)


def _item_words(item: ActionItem, person: User, moment: datetime, *, is_new: bool) -> str:
    ref = item.postmortem.incident.ref
    day = f"{item.due_at.astimezone(person.zone):%-d %b}"
    due = "overdue since" if item.due_at <= moment else "due"
    words = f"Action item: “{item.title}” ({ref}, {item.priority.upper()}), {due} {day}"
    if is_new:
        words += f"; it is yours now. It is good when: {item.success_criterion}"
    return words


def why_stale(delivery: Delivery) -> str | None:
    """Why the day's message must not leave any more, or ``None``. Up to three queries.

    It holds titles, so it does not leave once one of its incidents is not theirs to see.
    """
    person = delivery.person
    if person is None:
        return None
    named = delivery.context.get("incidents", [])
    seen = Incident.objects.visible_to(person).filter(pk__in=named).count()
    if seen < len(named):
        return "Something in it is not theirs to see any more."
    notes = [(kind, pk, step) for kind, pk, step in delivery.context.get("notes", [])]
    if lines_of(person, notes, delivery.created_at):
        return None
    return "Nothing of it is open any more."
