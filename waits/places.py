"""Limits how many threads of this process may wait for one row at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from waits.limits import current
from waits.trouble import Busy

#: How long a thread waits for a place before it gives up and serves somebody else.
PLACE_S = 0.5


class Places:
    """Counts who waits for what; keys are ids of rows."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._waiting: dict[int, int] = {}

    @contextmanager
    def one(self, key: int) -> Iterator[None]:
        """Hold a place in the queue for ``key``; raises ``Busy`` when none becomes free in time.

        Any number where the process sets no limit (``Limits.side_by_side``).
        """
        most = current().side_by_side
        if not most:
            yield
            return
        with self._free:
            if not self._free.wait_for(lambda: self._waiting.get(key, 0) < most, PLACE_S):
                raise Busy("enough others wait for that row")
            self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            yield
        finally:
            with self._free:
                self._waiting[key] -= 1
                if not self._waiting[key]:
                    del self._waiting[key]
                self._free.notify_all()
