"""The tables of learning; what may change them stands in ``postmortems.actions``."""

from postmortems.models.action_item import (
    OPEN_STATES,
    ActionItem,
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
from postmortems.models.postmortem import Postmortem, ReviewState

__all__ = [
    "GRID_COLUMNS",
    "GRID_ROWS",
    "OPEN_STATES",
    "ActionItem",
    "FactChoice",
    "ItemState",
    "ItemType",
    "KeptFinding",
    "Postmortem",
    "Priority",
    "PriorityPolicy",
    "ReviewState",
    "Safeguard",
    "Thanks",
    "Why",
]
