"""Remembers that PostgreSQL stopped answering, for every thread of this process.

A server that refuses does so at once; one that is frozen or out of reach costs every thread its
whole patience, again and again. So the first that waited in vain says so here, and for a moment
nobody else tries; after that one tries for all.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

#: After a wait in vain nobody tries to connect for this long.
PAUSE_S = 1.0


class NoAnswer(psycopg.OperationalError):
    """The server said nothing for as long as we wait; the connection is given up."""


class Outage:
    """Whether the server went silent, and who tries whether it is back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: float | None = None
        self._trying = False
        self.count = 0
        """How often it went silent. A connection from before the last time is not trusted."""

    def notice(self) -> None:
        """Somebody waited in vain."""
        with self._lock:
            self._began = time.monotonic()
            self.count += 1

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """Around an attempt to connect; raises ``NoAnswer`` at once while it would be in vain."""
        with self._lock:
            silent = self._began is not None
            if silent and (self._trying or time.monotonic() - (self._began or 0) < PAUSE_S):
                raise NoAnswer("the database went silent a moment ago")
            self._trying = silent
        try:
            yield
        except psycopg.errors.ConnectionTimeout:
            self.notice()
            raise
        except psycopg.Error:
            # Refused is answered: it is away, not silent.
            self._over()
            raise
        else:
            self._over()
        finally:
            if silent:
                self._trying = False

    def _over(self) -> None:
        with self._lock:
            self._began = None


#: The outage of this process's one database.
outage = Outage()
