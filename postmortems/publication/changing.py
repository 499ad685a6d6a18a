"""Changing several parts of a review at once, all of them or none: the API's ``PATCH``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from people.models import User
from postmortems.ideas.kinds import KINDS as OF_IDEAS
from postmortems.items.kinds import KINDS as OF_ITEMS
from postmortems.review.access import check_version, enter_review
from postmortems.review.actions import change_facilitator, hold_meeting, schedule_meeting
from postmortems.review.analysis import Grid, put_files, write_grid, write_section
from postmortems.review.kinds import KINDS as OF_REVIEWS
from postmortems.review.models import Postmortem

#: What changes what readers of the review read, by kind of entry.
CHANGES = {*OF_REVIEWS, *OF_ITEMS, *OF_IDEAS}


def last_change(postmortem: Postmortem) -> str:
    """What the record says of the review last, with its number and who did it. One query."""
    entries = postmortem.incident.entries.filter(kind__in=CHANGES).select_related("actor")
    last = entries.order_by("-seq").first()
    if last is None:
        return "nothing yet"
    return f"{last.actor.name if last.actor else 'Endstate'} {last.text} (entry {last.seq})"


@transaction.atomic
def change_postmortem(
    postmortem: Postmortem | int,
    *,
    by: User,
    version: int | None = None,
    summary: str | None = None,
    analysis: str | None = None,
    grid: Grid | None = None,
    attachments: Sequence[int] | None = None,
    facilitator: User | None = None,
    meeting_at: datetime | None = None,
    meeting_length_min: int | None = None,
    meeting_held_at: datetime | None = None,
) -> Postmortem:
    """Change what is given; ``version`` is that of the whole document (``stale`` with ``current``).

    Refuses what the single actions refuse, and then changes nothing.
    """
    _, fresh = enter_review(postmortem, by=by)
    shown: dict[str, Any] = {
        "summary": fresh.summary,
        "analysis": fresh.analysis,
        "grid": fresh.grid,
    }
    check_version(version, fresh.version, shown)
    if facilitator is not None:
        change_facilitator(fresh, by=by, person=facilitator)
    if meeting_at is not None or meeting_length_min is not None:
        at = meeting_at or fresh.meeting_at
        if at is not None:
            schedule_meeting(fresh, by=by, at=at, length_min=meeting_length_min)
    if meeting_held_at is not None:
        hold_meeting(fresh, by=by, at=meeting_held_at)
    if summary is not None:
        write_section(fresh, by=by, section="summary", text=summary)
    if analysis is not None:
        write_section(fresh, by=by, section="analysis", text=analysis)
    if grid is not None:
        write_grid(fresh, by=by, grid=grid)
    if attachments is not None:
        put_files(fresh, by=by, attachments=attachments)
    return enter_review(fresh, by=by)[1]
