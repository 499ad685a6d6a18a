"""Where Django finds the tables of the themes; everybody else imports them from their theme."""

from postmortems.ideas.models import Idea
from postmortems.items.models import ActionItem, ItemLook, PriorityPolicy
from postmortems.marks.models import SettledMark
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
    "Idea",
    "ItemLook",
    "KeptFinding",
    "Postmortem",
    "PriorityPolicy",
    "SettledMark",
    "Thanks",
    "Why",
]
