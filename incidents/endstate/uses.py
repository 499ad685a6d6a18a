"""The registry of what rests on a signal and of work that serves none; higher floors fill it."""

from collections.abc import Callable

from incidents.endstate.models import Signal
from incidents.record.models import Incident

_uses: list[Callable[[Signal], list[str]]] = []
_unserving: list[Callable[[Incident], list[int]]] = []


def register_use(find: Callable[[Signal], list[str]]) -> None:
    """Keep a signal from being removed while ``find`` names something that rests on it."""
    _uses.append(find)


def uses_of(signal: Signal) -> list[str]:
    """What rests on a signal, in words. One query a registered kind."""
    return [words for find in _uses for words in find(signal)]


def register_unserving(find: Callable[[Incident], list[int]]) -> None:
    """Name work that serves nothing by ``find``, so that a written end state asks it (P23)."""
    _unserving.append(find)


def unserving_of(incident: Incident) -> list[int]:
    """The ids of work under way or next that serves nothing. One query a registered kind."""
    return [found for find in _unserving for found in find(incident)]
