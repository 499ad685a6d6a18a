"""The tables of learning; what may change them stands in ``postmortems.actions``."""

from postmortems.models.action_item import (
    OPEN_STATES,
    ActionItem,
    ActionItemQuerySet,
    ItemState,
    ItemType,
    Priority,
    PriorityPolicy,
)
from postmortems.models.analysis import (
    GRID_COLUMNS,
    GRID_ROWS,
    FactChoice,
    KeptFinding,
    Safeguard,
    Thanks,
    Why,
)
from postmortems.models.ladder import (
    DEFAULT_FOLLOW_UP,
    FollowUpAudience,
    FollowUpStep,
    Owed,
)
from postmortems.models.postmortem import Postmortem, PostmortemQuerySet, ReviewState

__all__ = [
    "DEFAULT_FOLLOW_UP",
    "GRID_COLUMNS",
    "GRID_ROWS",
    "OPEN_STATES",
    "ActionItem",
    "ActionItemQuerySet",
    "FactChoice",
    "FollowUpAudience",
    "FollowUpStep",
    "ItemState",
    "ItemType",
    "KeptFinding",
    "Owed",
    "Postmortem",
    "PostmortemQuerySet",
    "Priority",
    "PriorityPolicy",
    "ReviewState",
    "Safeguard",
    "Thanks",
    "Why",
]
