"""The bell tells Valkey of a committed change, in a thread of its own, so that nobody waits for it.

A bell says *look now*; it carries no truth. One that gets lost costs seconds, because whoever
listens also looks by themselves (the hub at version numbers, the sweep at due rows). What a bell
means belongs to the ringers registered here, not to this module.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Hashable
from functools import partial

from django.db import transaction

logger = logging.getLogger(__name__)

LIMIT = 1000
BACK_OFF_S = 0.5

Ringer = Callable[..., object]
_ringers: dict[str, Ringer] = {}


def register_ringer(kind: str, ringer: Ringer) -> None:
    """Say what ringing ``kind`` does: ``ringer(*payload)`` is called in the bell's own thread.

    It may block for about a second and may raise; both only cost this bell. Registering a kind
    again replaces its ringer.
    """
    _ringers[kind] = ringer


def ring(kind: str, *payload: Hashable) -> bool:
    """Ring at once, without a look at the transaction; answers whether the bell was taken.

    Never blocks and never raises. The same bell still waiting is once (true). With ``LIMIT`` bells
    waiting a further one is dropped (false).
    """
    return _bell.ring((kind, *payload))


def ring_task(name: str, *ids: int | str) -> None:
    """Ask a worker to run the Celery task ``name`` with ``ids``, after the transaction commits.

    Never blocks and never raises; a rollback rings nothing. The obligation itself must be a row,
    since the bell may be lost.
    """
    transaction.on_commit(partial(ring, "task", name, *ids), robust=True)


def flush(timeout: float = 1.0) -> bool:
    """Wait until every bell taken so far was rung or given up, at most ``timeout`` seconds.

    For the end of a short process and for tests; no request calls it. Answers whether it is so.
    """
    return _bell.flush(timeout)


class Bell:
    """The bounded queue of one process and the thread that empties it.

    The thread starts with the first bell, so it is always the thread of the process that rings,
    also after a fork.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._waiting: dict[tuple[Hashable, ...], None] = {}
        self._ringing = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._dropped = 0

    def ring(self, bell: tuple[Hashable, ...]) -> bool:
        """Take ``(kind, *payload)`` for ringing; false when the queue is full."""
        with self._changed:
            if bell in self._waiting:
                return True
            if len(self._waiting) >= self.limit:
                self._dropped += 1
                return False
            self._waiting[bell] = None
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return True

    def flush(self, timeout: float) -> bool:
        """See the function of the same name."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._waiting and not self._ringing, timeout=timeout
            )

    def _run(self) -> None:
        while True:
            with self._changed:
                self._ringing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                bell = next(iter(self._waiting))
                del self._waiting[bell]
                self._ringing = True
                dropped, self._dropped = self._dropped, 0
            if dropped:
                logger.warning("%s bells were dropped, the queue was full.", dropped)
            kind, *payload = bell
            ringer = _ringers.get(str(kind))
            if ringer is None:
                logger.warning("Nobody registered a ringer for %r.", kind)
                continue
            try:
                ringer(*payload)
            except Exception as error:  # noqa: BLE001 - whatever fails, the next bell is rung
                logger.warning("The bell %r was lost: %s: %s", bell, type(error).__name__, error)
                time.sleep(BACK_OFF_S)


_bell = Bell()


def _start_afresh() -> None:
    """After a fork the child owns neither the parent's thread nor its half-held lock."""
    global _bell
    _bell = Bell()


os.register_at_fork(after_in_child=_start_afresh)
atexit.register(lambda: _bell.flush(1.0))
