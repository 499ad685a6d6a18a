"""Where Django finds the tables of the themes; everybody else imports them from their theme."""

from postmortems.items.models import ActionItem, PriorityPolicy
from postmortems.review.models import (
    FactChoice,
    FollowUpStep,
    KeptFinding,
    Postmortem,
    Thanks,
)
from postmortems.whys.models import Why

__all__ = [
    "ActionItem",
    "FactChoice",
    "FollowUpStep",
    "KeptFinding",
    "Postmortem",
    "PriorityPolicy",
    "Thanks",
    "Why",
]
