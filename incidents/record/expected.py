"""When an incident is expected back, as every page, update, answer and message says it (P18).

What stands is ``Incident.expected``; who says and moves it is decided in ``lifecycle``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clock.written import written


@dataclass(frozen=True)
class ExpectedBack:
    """What was said: a time, or without one that nobody knows it yet; and how often it moved."""

    at: datetime | None
    said_at: datetime
    reason: str
    moved: int

    @property
    def moved_words(self) -> str:
        """How often it moved, or nothing."""
        times = {0: "", 1: "moved once", 2: "moved twice"}
        return times.get(self.moved, f"moved {self.moved} times")

    @property
    def words(self) -> str:
        """All of it where no page shows it in the reader's zone: a message, a plain text."""
        when = written(self.at) if self.at else "not known yet"
        return f"{when}, {self.moved_words}" if self.moved else when

    @property
    def as_dict(self) -> dict[str, Any]:
        """The same JSON-ready, as an update freezes it."""
        return {
            "at": self.at.isoformat() if self.at else None,
            "said_at": self.said_at.isoformat(),
            "reason": self.reason,
            "moved": self.moved,
        }


def frozen_expected_back(facts: Mapping[str, Any]) -> ExpectedBack | None:
    """What an update froze in its facts, or nothing."""
    said = facts.get("expected_back")
    if not said:
        return None
    return ExpectedBack(
        at=datetime.fromisoformat(said["at"]) if said["at"] else None,
        said_at=datetime.fromisoformat(said["said_at"]),
        reason=said["reason"],
        moved=said["moved"],
    )
