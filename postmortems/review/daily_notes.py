"""Notes what somebody is to hear of reviews and action items in their one message of a day (P58).

Whatever has something to say leaves a note for the person's morning here. What the notes become
when the morning is there, ``items.daily_message`` says, which knows reviews and items.
"""

from datetime import datetime, timedelta

from clock.queries import now
from deadlines.actions import owe
from deadlines.models import Deadline
from deadlines.office_hours import next_office_moment
from notifications.queries import told_in_app
from people.models import User
from postmortems.review.schedule import morning_of

MORNING = "morning"
"""The kind of deadline, one open a person, and the kind of its message."""
FACILITATES = "facilitates"
"""A note that names a review to whoever runs it."""
NAMED = "named"
"""The step of a note that says whose something is now."""
GATHER = timedelta(minutes=1)
"""How long the day's message waits for what else falls due at the same time."""


def note_for_morning(
    person: User, kind: str, subject_id: int, step: str, *, at: datetime | None = None
) -> None:
    """Let ``person`` hear of something in their next message: what kind, whose id, at which step.

    That message leaves in the person's office hours; who got today's gets the next one on the next
    working day. The same note twice is once. Two queries, more for the first note of a message.
    """
    note = [kind, subject_id, step]
    waiting = Deadline.objects.open().filter(kind=MORNING, subject_id=person.pk)
    found = waiting.select_for_update(no_key=True, of=("self",)).first()
    if found is None:
        due_at = _next_message_at(person, at or now())
        found = owe(None, MORNING, person, due_at, context={"notes": [note]})
    # Where two opened it at once, the one that lost still adds its note.
    if note not in found.context["notes"]:
        found.context["notes"].append(note)
        found.save(update_fields=["context"])


def key_of_day(person: User, moment: datetime) -> str:
    """What the one message is for that a person gets on a day of theirs."""
    return f"{MORNING}/{moment.astimezone(person.zone).date()}"


def _next_message_at(person: User, moment: datetime) -> datetime:
    at = next_office_moment(person, moment + GATHER)
    if told_in_app(key_of_day(person, at), person) is not None:
        return morning_of(at + timedelta(days=1), person)
    return at
