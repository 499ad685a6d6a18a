"""What a scenario is made of: steps that call actions, and the curves its signals follow.

Playing one is the player's business; the texts stand in ``drills.scenarios``.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from incidents.cards.models import Card
from incidents.changes.models import Change
from incidents.endstate.models import Signal
from incidents.record.models import Incident, Service
from incidents.roster.queries import holder_of
from people.models import User


@dataclass
class Stage:
    """Everything a step may reach for while one scenario plays."""

    people: dict[str, User]
    services: dict[str, Service]
    kind: str
    started_at: datetime
    incident: Incident | None = None
    cards: dict[str, int] = field(default_factory=dict)
    signals: dict[str, int] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    seats: Mapping[str, str] = field(default_factory=dict)

    def acting(self, key: str) -> User:
        """Who does what the script gives ``key``: whoever holds the seat now, where it is a seat's.

        Without anybody in that seat the member of the cast. One query for a seat.
        """
        held = holder_of(self.war_room, self.seats[key]) if key in self.seats else None
        return held or self.who(key)

    def who(self, key: str) -> User:
        """The member of the cast with that key."""
        return self.people[key]

    def card(self, key: str) -> Card:
        """The card as it is now."""
        return Card.objects.get(pk=self.cards[key])

    def change(self, key: str) -> Change:
        """The unfinished change of the card; ``KeyError`` where an earlier step was refused."""
        found = Change.objects.unfinished().filter(card=self.cards[key]).first()
        if found is None:
            raise KeyError(f"the change of {key}")
        return found

    def signal(self, key: str) -> Signal:
        """The signal as it is now."""
        return Signal.objects.get(pk=self.signals[key])

    @property
    def war_room(self) -> Incident:
        """The incident as it is now; the first step declares it."""
        assert self.incident is not None, "the first step of a scenario declares the incident"
        return Incident.objects.get(pk=self.incident.pk)

    def at(self, minutes: float) -> datetime:
        """A moment of the script, in minutes after the declaration."""
        return self.started_at + timedelta(minutes=minutes)


@dataclass(frozen=True)
class Step:
    """One thing somebody does ``at`` seconds after the declaration."""

    at: float
    does: Callable[[Stage], object]
    words: str


@dataclass(frozen=True)
class Curve:
    """How a signal moves: (minute, value) corners, joined by straight lines, with a small wobble.

    The wobble is a sine of the moment, so that playing twice gives the same samples.
    """

    signal: str
    corners: tuple[tuple[float, float], ...]
    wobble: float = 0.0
    whole: bool = False

    def value_at(self, minute: float) -> float:
        """The value ``minute`` minutes after the declaration."""
        before = self.corners[0]
        value = before[1] if minute <= before[0] else self.corners[-1][1]
        for after in self.corners[1:]:
            if before[0] <= minute < after[0]:
                share = (minute - before[0]) / (after[0] - before[0])
                value = before[1] + share * (after[1] - before[1])
                break
            before = after
        value += self.wobble * math.sin(minute * 7.3) * (1 if value else 0)
        return float(round(value)) if self.whole else round(max(value, 0.0), 2)


@dataclass(frozen=True)
class Scenario:
    """A scripted incident: its steps in order of time, its curves, and what happens afterwards."""

    name: str
    title: str
    steps: tuple[Step, ...]
    curves: tuple[Curve, ...] = ()
    sample_every_s: float = 15.0
    afterwards: tuple[Step, ...] = ()
