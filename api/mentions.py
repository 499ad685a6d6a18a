"""Notes which incidents a request read while it was answered, and whether one was private.

An answer that is kept for later asks by its incidents whether its reader still sees what it says;
one that came by something private is stored by nobody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class CameBy:
    """The incidents that were found, by primary key, and whether anything private was read."""

    incidents: set[int] = field(default_factory=set)
    is_private: bool = False


_now: ContextVar[tuple[CameBy, ...]] = ContextVar("came_by", default=())


@contextmanager
def noting() -> Iterator[CameBy]:
    """Collect the incidents that are read inside; one inside of another collects for both."""
    came_by = CameBy()
    token = _now.set((*_now.get(), came_by))
    try:
        yield came_by
    finally:
        _now.reset(token)


def note_about(*incidents: int) -> None:
    """Say that what is answered is about these incidents."""
    for came_by in _now.get():
        came_by.incidents.update(incidents)


def note_private() -> None:
    """Say that something private was read for the answer."""
    for came_by in _now.get():
        came_by.is_private = True
