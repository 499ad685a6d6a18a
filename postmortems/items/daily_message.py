"""Writes the one message that a person gets a day about reviews and action items (P58).

Notes are left by ``review.daily_notes``; here they become lines, as the things stand when the
message is written. What was settled meanwhile, or is not theirs to see any more, is not in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.record.models import Incident, Status
from notifications.actions import tell
from people.models import User
from postmortems.items.models import ActionItem, ItemState
from postmortems.review.daily_notes import FACILITATES, MORNING, NAMED, key_of_day
from postmortems.review.deadlines import KINDS as OF_REVIEWS
from postmortems.review.models import Owed, Postmortem

ITEM, VERIFICATION = Owed.ITEM.value, Owed.VERIFICATION.value
SHOWN = 30
LIVES = timedelta(days=3)
Note = tuple[str, int, str]


@dataclass(frozen=True)
class Line:
    """One thing in the day's message, and the page it stands on."""

    words: str
    url: str
    incident: Incident
    is_item: bool
    more: str = ""
    """What a subject has no room for."""


def write_message(person: User, notes: Sequence[Note], moment: datetime) -> None:
    """Tell ``person`` what of the notes still stands, as one message; nothing when none does."""
    lines = lines_of(person, notes, moment)
    if not lines:
        return
    only = lines[0] if len(lines) == 1 else None
    subject, text = words_of(lines)
    tell(
        only.incident if only else None,
        [person],
        MORNING,
        subject,
        text,
        key=key_of_day(person, moment),
        step="daily",
        url=only.url if only else "/actions/" if all(one.is_item for one in lines) else "/",
        context={
            "notes": [list(note) for note in notes],
            "incidents": sorted({line.incident.pk for line in lines}),
        },
        expires_at=moment + LIVES,
    )


def words_of(lines: Sequence[Line]) -> tuple[str, str]:
    """Subject and text of a message of these lines, one at least."""
    said = [f"- {line.words}{line.more}" for line in lines[:SHOWN]]
    if len(lines) > SHOWN:
        said.append(f"… and {len(lines) - SHOWN} more.")
    return lines[0].words if len(lines) == 1 else _how_many(lines), "\n".join(said)


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
        and review.incident.status != Status.MERGED
    )


def _facilitates(review: Postmortem, person: User) -> str:
    when = ""
    if review.meeting_at is not None and review.meeting_held_at is None:
        when = f", proposed for {review.meeting_at.astimezone(person.zone):%-d %b %H:%M %Z}"
    return (
        f"{review.incident.ref}: you facilitate the review of “{review.incident.named}”{when}. "
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
                more = f". It is good when: {item.success_criterion}" if is_new else ""
                yield Line(words, item.get_absolute_url(), incident, True, more)
        elif item.state == ItemState.DONE and (VERIFICATION, item.pk) in steps:
            words = f"To verify: “{item.title}” ({incident.ref})"
            yield Line(words, item.get_absolute_url(), incident, True)


def _item_words(item: ActionItem, person: User, moment: datetime, *, is_new: bool) -> str:
    ref = item.postmortem.incident.ref
    day = f"{item.due_at.astimezone(person.zone):%-d %b}"
    due = "overdue since" if item.due_at <= moment else "due"
    words = f"Action item: “{item.title}” ({ref}, {item.priority.upper()}), {due} {day}"
    if is_new:
        words += "; it is yours now"
    return words
