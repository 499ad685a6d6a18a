"""The registry of what acts when a signal's newer values cross something; higher floors fill it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, Q

from incidents.endstate.models import Signal
from incidents.record.models import Incident

Crossing = Callable[[Incident, Signal], None]
"""What one crossing does to the locked incident."""


class Watch(ABC):
    """One kind of thing that watches signals."""

    @abstractmethod
    def rests_on(self) -> Exists:
        """Whether one of this kind watches the signal of the query around it."""

    @abstractmethod
    def crossings(self, signal: Signal, newer: Sequence[float]) -> list[Crossing]:
        """What ``newer`` values, by their times, cross after ``signal.latest_value``."""


_watches: list[Watch] = []


def register_watch(watch: Watch) -> None:
    """Ask ``watch`` at each batch of samples of a signal it rests on."""
    _watches.append(watch)


def is_watched() -> Any:
    """Whether anything watches the signal of the query around it, as one expression."""
    return reduce(or_, (Q(watch.rests_on()) for watch in _watches), Q(pk__in=[]))


def crossings_of(signal: Signal, newer: Sequence[float]) -> list[Crossing]:
    """Everything that newer values of a signal cross. One query a registered kind."""
    return [found for watch in _watches for found in watch.crossings(signal, newer)]
