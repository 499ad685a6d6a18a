"""A card's times and the deadline of its time box, as it moves through the columns."""

from datetime import datetime, timedelta

from deadlines.actions import keep_deadline, owe, release_deadline
from incidents.board.deadlines import TimeBox
from incidents.cards.models import Card, Column
from incidents.gates.rules import DEFAULT_TIME_BOX_MIN
from incidents.record.afterwards import read_occurred
from incidents.record.locking import moment_of
from incidents.record.models import Incident
from refusals.errors import Invalid


def leave_done(card: Card, was: str) -> None:
    """A card that comes back from Done needs a new proof; the old one stays on the timeline."""
    if was == Column.DONE:
        card.proof, card.proof_files, card.done_at = "", [], None


def set_times(card: Card, moment: datetime) -> None:
    """Start or end the time box and stamp what is done, for the column the card is now in."""
    match card.column:
        case Column.NOW:
            card.entered_now_at = moment
            minutes = card.time_box_min or DEFAULT_TIME_BOX_MIN
            card.time_box_ends_at = moment + timedelta(minutes=minutes)
        case Column.DONE:
            card.done_at, card.time_box_ends_at = moment, None
        case _:
            card.entered_now_at = card.time_box_ends_at = None


def read_when(card: Card, incident: Incident, column: str, at: datetime | None) -> datetime | None:
    """When a card entered Now or Done that is recorded afterwards; nothing stays nothing.

    Its ``incident`` is locked. Raises ``Invalid`` for another column, for what ``read_occurred``
    refuses, and for a card that was done before it was begun.
    """
    if at is None:
        return None
    at = read_occurred(incident, at, moment_of(incident))
    assert at is not None
    if column not in (Column.NOW, Column.DONE):
        raise Invalid({"occurred_at": "What enters Now or Done has a time at which it did."})
    began = card.entered_now_at
    if column == Column.DONE and began is not None and at < began:
        raise Invalid({"occurred_at": "That is before it entered Now."})
    return at


def follow_time_box(
    card: Card, incident: Incident, was: str | None, *, at: datetime | None = None
) -> None:
    """Let the deadline of the time box follow the card, which moved ``at`` (default: now)."""
    if card.column == Column.NOW and card.time_box_ends_at is not None:
        owe(incident, TimeBox.name, card, card.time_box_ends_at, card.owner)
    elif was == Column.NOW and card.column == Column.DONE:
        keep_deadline(TimeBox.name, card, at=at, reason="The card is done.")
    elif was == Column.NOW:
        release_deadline(TimeBox.name, card, reason="The card left Now.")
