"""Climbs the ladder of one due deadline: which steps it takes, who is told, when it is due again.

Nothing is written here but what the kind writes in ``on_step``; rows and locks are the sweep's.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline
from notifications.about import About
from notifications.kinds import BECAUSE
from notifications.outbox import Message
from people.models import User

LATE = timedelta(minutes=5)
"""A step taken later than this was missed: enforcement was away."""


@dataclass(frozen=True)
class Climb:
    """How far ``deadline`` climbs: its new ``step`` and ``next_step_at``, and who is told."""

    deadline: Deadline
    step: int
    next_step_at: datetime | None
    messages: list[Message] = field(default_factory=list)


def climb(
    kind: DeadlineKind[Any], subject: Any, deadline: Deadline, moment: datetime
) -> Climb | None:
    """Take every step that is due at ``moment``; ``None``: nobody needs the deadline any more.

    The incident and the deadline are locked. The kind is asked for its ladder, writes each step
    into the record, and says who is told.
    """
    if subject is None or not kind.is_still_wanted(subject, deadline):
        return None
    ladder = list(kind.ladder(subject, deadline))
    passed = deadline.step
    while passed < len(ladder) and ladder[passed].moment(deadline.due_at) <= moment:
        passed += 1
    steps = ladder[deadline.step : passed]
    for step in steps:
        kind.on_step(subject, deadline, step, moment)
    return Climb(
        deadline=deadline,
        step=passed,
        next_step_at=ladder[passed].moment(deadline.due_at) if passed < len(ladder) else None,
        messages=_messages(kind, subject, deadline, steps, moment),
    )


def _messages(
    kind: DeadlineKind[Any],
    subject: Any,
    deadline: Deadline,
    steps: list[Step],
    moment: datetime,
) -> list[Message]:
    """One message per recipient, however many steps were missed, naming what was missed.

    Everybody whom any of the steps would have told is told, by the latest of their steps. A
    reminder says nothing once the due time itself is among the steps.
    """
    if any(not step.is_reminder for step in steps):
        steps = [step for step in steps if not step.is_reminder]
    chosen: dict[str, tuple[Step, Nudge]] = {}
    for step in reversed(steps):
        for nudge in kind.put_off(subject, kind.nudges(subject, deadline, step, moment), moment):
            chosen.setdefault(_recipient(nudge), (step, nudge))
    about = kind.about(subject, deadline) if chosen else None
    missed = [step for step in steps if moment - step.moment(deadline.due_at) > LATE]
    return [
        _message(kind, deadline, about, step, nudge, recipient, missed, moment)
        for recipient, (step, nudge) in chosen.items()
    ]


def _recipient(nudge: Nudge) -> str:
    """Who it is, short enough for a key and telling nobody the address."""
    if nudge.person is not None:
        return f"p{nudge.person.pk}"
    return f"a{sha256(nudge.address.encode()).hexdigest()[:24]}"


def _message(
    kind: DeadlineKind[Any],
    deadline: Deadline,
    about: About | None,
    step: Step,
    nudge: Nudge,
    recipient: str,
    missed: list[Step],
    moment: datetime,
) -> Message:
    text = nudge.text
    if missed:
        text = f"{text}\n\n{_what_was_missed(kind, deadline, missed, nudge.person)}"
    leaves_at = max(moment, nudge.leaves_at or moment)
    expires_at = nudge.expires_at or (
        deadline.due_at if step.is_reminder else leaves_at + kind.nudge_lives
    )
    return Message(
        key=f"{deadline.source}.{deadline.moved_count}/{step.name}/{recipient}",
        kind=deadline.kind,
        step=step.name,
        source=deadline.source,
        digest=nudge.digest or ("missed" if missed else ""),
        person=nudge.person,
        address=nudge.address,
        channels=None if nudge.person else ("email",),
        about=about,
        subject_line=nudge.subject_line,
        text=text,
        html="" if missed else nudge.html,
        url=nudge.url,
        context={
            "round": deadline.moved_count,
            "missed": [step.name for step in missed],
            **({BECAUSE: nudge.because} if nudge.because else {}),
        },
        due_at=leaves_at,
        expires_at=expires_at,
    )


def _what_was_missed(
    kind: DeadlineKind[Any], deadline: Deadline, missed: list[Step], person: User | None
) -> str:
    zone = person.zone if person else UTC
    moments = ", ".join(
        f"{step.moment(deadline.due_at).astimezone(zone):%-d %b %Y %H:%M %Z} ({step.name})"
        for step in missed
    )
    return f"Endstate could not say so in time. Missed for {kind.words}: {moments}."
