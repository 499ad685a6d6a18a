"""What the start page says of the demo: what it is, until when it plays, what to try."""

from datetime import datetime, timedelta
from typing import Any

from drills.demo import BETWEEN, PLAYS_S
from drills.progress import Progress, moment_of
from people.models import User


def load_panel(user: User) -> dict[str, Any]:
    """Nothing where there is no demo, or nobody plays it. No query."""
    progress = Progress.load() if Progress.is_alive() else None
    facts: dict[str, Any] = dict.fromkeys(("ends_at", "over_at", "next_at", "left_at"))
    if progress is not None:
        over_at = moment_of(progress.over_at)
        facts["over_at"] = over_at
        if over_at is None and progress.rests:
            facts["left_at"] = moment_of(progress.last_at)
        elif over_at is None:
            started_at = datetime.fromisoformat(progress.started_at)
            facts["ends_at"] = started_at + timedelta(seconds=PLAYS_S)
        elif not progress.rests:
            facts["next_at"] = over_at + BETWEEN
    may_play = progress is not None and may_play_again(user, progress)
    return {**facts, "progress": progress, "may_play": may_play}


def may_play_again(user: User, progress: Progress) -> bool:
    """Whether the person may want another night: a responder, once this one is over or rests."""
    return user.is_responder and bool(progress.over_at or progress.rests)
