"""Whether a backup is being restored, and what must be forgotten once one was.

Whoever restores holds an advisory lock, which every new connection of pages, loop and workers asks
for in passing, and ends the connections there are. The file that PostgreSQL keeps the incidents in
is another one after a restore, which says that what a process remembers is of before.
"""

from collections.abc import Callable
from threading import Lock

from django.db import OperationalError

#: Any two numbers that nothing else in this database locks.
KEYS = (0x656E6473, 1)
#: Answers another number once the table was emptied, as each restore does.
MARK = "pg_relation_filenode(to_regclass('incidents_incident'))"


class Restoring(OperationalError):
    """The database takes nobody in while a backup is being restored into it."""


class Restored:
    """Notices that a backup was restored, and has this process forget what it knew before."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._mark: int | None = None
        self._is_known = False
        self._acts: list[Callable[[], None]] = []

    def register(self, forget: Callable[[], None]) -> None:
        """Call ``forget`` after each restore, on whichever thread connects first; once each."""
        if forget not in self._acts:
            self._acts.append(forget)

    def notice(self, mark: int | None) -> None:
        """Take the mark that a new connection found; forget where it is another than before."""
        with self._lock:
            is_news = self._is_known and mark != self._mark
            self._mark, self._is_known = mark, True
        if is_news:
            for forget in self._acts:
                forget()


#: What this process knows of its one database.
restored = Restored()
