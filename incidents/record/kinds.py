"""Every kind of timeline entry with its label: the register, and the kinds of the record itself.

Each theme declares its own in its ``kinds.py``; ``record`` refuses a kind that is not registered.
"""

from collections.abc import Mapping
from types import MappingProxyType

_kinds: dict[str, str] = {
    "text_withdrawn": "Text withdrawn",
    "deadline_missed": "A promise was missed",
}

KINDS: Mapping[str, str] = MappingProxyType(_kinds)
"""Every registered kind with its label, in the order of registration. Always up to date."""


def register_kinds(kinds: Mapping[str, str]) -> None:
    """Let entries of these kinds be recorded; kind and the label that people read.

    The same again is once. Raises ``LookupError`` for a kind that has another label already.
    """
    for kind, label in kinds.items():
        if _kinds.setdefault(kind, label) != label:
            raise LookupError(f"the kind of entry {kind!r} is registered twice")


_by_agents: set[str] = set()


def open_to_agents(*kinds: str) -> None:
    """Let agents record entries of these kinds; whatever nobody names here is refused them."""
    _by_agents.update(kinds)


def is_open_to_agents(kind: str) -> bool:
    """Whether an agent may record it (P37)."""
    return kind in _by_agents
