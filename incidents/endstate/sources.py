"""The registry of what a signal's query is asked of; a room above fills it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from incidents.endstate.rules import TEXTS
from pages.texts import read_line


@dataclass(frozen=True)
class Tried:
    """What a query answers: a value where it is one number, the series it finds, or why neither."""

    value: float | None
    series: int | None
    error: str


class Source(ABC):
    """Something outside that measures."""

    name: str

    @property
    @abstractmethod
    def is_there(self) -> bool:
        """Whether this installation has one."""

    @abstractmethod
    def try_query(self, query: str) -> Tried | None:
        """What the query answers, or nothing while it is being asked. Never waits for it."""


_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Have queries asked of ``source``. Again replaces it."""
    _sources[:] = [source]


def source() -> Source | None:
    """What queries are asked of here, if there is something."""
    return next((one for one in _sources if one.is_there), None)


def try_query(query: str) -> Tried | None:
    """What ``query`` answers now, or nothing while it is being asked: look again in a moment.

    Raises ``Invalid`` for what is no query. Says so where nothing is there to be asked.
    """
    query = read_line("query", query, TEXTS["query"], required="Type a query to try.")
    asked = source()
    if asked is None:
        return Tried(None, None, "PROMETHEUS_URL is not set, so nothing here answers a query")
    return asked.try_query(query)
