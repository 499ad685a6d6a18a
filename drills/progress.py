"""What is kept of the demo between its steps: a file in the data folder, and a wish beside it.

The player writes how far it is, the pages read it; a person who wants the night played again leaves
the wish, which the player takes.
"""

import json
import os
import time
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from django.conf import settings

from clock.queries import now
from drills.script import Stage

ALIVE_S = 60.0
"""The player touches its file more often than that; an older one is of a player that is gone."""


@dataclass(frozen=True)
class Progress:
    """How far the night was played. Moments are ISO texts.

    ``asked_at`` is when somebody last wanted it, ``last_at`` when the last step was played,
    ``over_at`` when its incident had ended; ``rests`` whether it waits to be played again.
    """

    incident: int
    ref: str
    started_at: str
    played_s: float
    cards: dict[str, int]
    signals: dict[str, int]
    kept: dict[str, float]
    asked_at: str
    last_at: str
    over_at: str = ""
    rests: bool = False

    @staticmethod
    def path() -> Path:
        """Where it is kept."""
        return Path(settings.DATA) / "demo.json"

    @staticmethod
    def wish() -> Path:
        """What is there while somebody wants it played again."""
        return Path(settings.DATA) / "demo.again"

    @classmethod
    def load(cls) -> Self | None:
        """What was kept; nothing where there is no demo, or one of another version."""
        try:
            kept: dict[str, Any] = json.loads(cls.path().read_text())
            return cls(**{one.name: kept[one.name] for one in fields(cls) if one.name in kept})
        except (OSError, ValueError, TypeError):
            return None

    @classmethod
    def of(cls, stage: Stage, played_s: float, *, asked_at: str = "") -> Self:
        """How far ``stage`` is at this moment. One query, and one for the incident."""
        moment = now().isoformat()
        incident = stage.war_room
        return cls(
            incident=incident.pk,
            ref=incident.ref,
            started_at=stage.started_at.isoformat(),
            played_s=played_s,
            cards=stage.cards,
            signals=stage.signals,
            kept={k: v for k, v in stage.kept.items() if isinstance(v, int | float)},
            asked_at=asked_at or moment,
            last_at=moment,
        )

    def keep(self, **changes: Any) -> Self:
        """Write it, whole or not at all, with what ``changes`` names; answers what was written."""
        kept = replace(self, **changes)
        path = self.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name("demo.json.unfinished")
        unfinished.write_text(json.dumps(asdict(kept)))
        unfinished.replace(path)
        return kept

    def touch(self) -> None:
        """Say that the player is there."""
        os.utime(self.path())

    @classmethod
    def is_alive(cls) -> bool:
        """Whether a player looks after it."""
        try:
            return time.time() - cls.path().stat().st_mtime < ALIVE_S
        except OSError:
            return False


def moment_of(text: str) -> datetime | None:
    """The moment of one of its texts, or nothing."""
    return datetime.fromisoformat(text) if text else None
