"""The loop enforces what is due in a process of its own, without broker or worker.

It sleeps until the earliest due time, at most two seconds, and outlives the database being away.
Each channel is served by its own thread, so a mail server that hangs delays mail and nothing else.
"""

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections, connections

from deadlines.passes import ping_heartbeat, run_pass
from deadlines.queries import seconds_until_due
from deadlines.sweeping import SweepResult
from notifications.channels import channel_names
from notifications.lanes import seconds_until_due as seconds_until_sending
from notifications.lanes import send_due

logger = logging.getLogger(__name__)

LONGEST_SLEEP_S = 2.0
SHORTEST_SLEEP_S = 0.02
AFTER_TROUBLE_S = 1.0

_errands: dict[str, tuple[Callable[[], object], float]] = {}


def register_errand(name: str, once: Callable[[], object], *, every_s: float) -> None:
    """Let every loop call ``once`` every so many seconds, in a thread of its own.

    For what asks outside systems, which may take their time. Again replaces it.
    """
    _errands[name] = (once, every_s)


class Loop:
    """Runs until ``stop`` is set; ``stop_sending_s`` is how long senders may finish after that."""

    def __init__(self, stop: threading.Event, *, stop_sending_s: float = 5.0) -> None:
        self.stop = stop
        self.stop_sending_s = stop_sending_s
        self._complete: SweepResult | None = None
        self._changed = {name: threading.Event() for name in channel_names()}

    def run(self) -> None:
        """Sweep and send until told to stop. Database trouble is waited out, never raised."""
        senders = [
            threading.Thread(
                target=self._keep_on, args=(f"send-{name}", self._sender(name)), daemon=True
            )
            for name in self._changed
        ]
        senders.append(threading.Thread(target=self._ping_for_ever, daemon=True))
        senders += [
            threading.Thread(target=self._keep_on, args=(name, self._errand(*errand)), daemon=True)
            for name, errand in _errands.items()
        ]
        for sender in senders:
            sender.start()
        self._keep_on("sweep", self._sweep_once)
        for event in self._changed.values():
            event.set()
        for sender in senders:
            sender.join(self.stop_sending_s / len(senders))

    def _keep_on(self, what: str, once: Callable[[], None]) -> None:
        """Call ``once``, which sleeps by itself, again and again."""
        trouble = False
        while not self.stop.is_set():
            try:
                once()
                if trouble:
                    logger.info("%s works again.", what)
                trouble = False
            except DatabaseError as error:
                if not trouble:
                    logger.warning("%s waits for the database: %s", what, _first_line(error))
                trouble = True
            except Exception:
                logger.exception("%s failed and goes on.", what)
                trouble = True
            if trouble:
                self._close_connection()
                self.stop.wait(AFTER_TROUBLE_S)
        connections.close_all()

    def _close_connection(self) -> None:
        try:
            close_old_connections()
            connections.close_all()
        except DatabaseError:
            logger.debug("The broken connection could not be closed.")

    def _sweep_once(self) -> None:
        result = run_pass("loop")
        if result.stepped or result.failed:
            for event in self._changed.values():
                event.set()
        self._complete = result if result.complete else None
        self.stop.wait(_sleep(seconds_until_due()))

    def _sender(self, channel: str) -> Callable[[], None]:
        changed = self._changed[channel]

        def once() -> None:
            changed.clear()
            result = send_due(channel, wait_s=LONGEST_SLEEP_S)
            if result.blocked:
                self.stop.wait(LONGEST_SLEEP_S)
            else:
                changed.wait(_sleep(seconds_until_sending(channel)))

        return once

    def _errand(self, do: Callable[[], object], every_s: float) -> Callable[[], None]:
        def once() -> None:
            do()
            self.stop.wait(every_s)

        return once

    def _ping_for_ever(self) -> None:
        while not self.stop.wait(LONGEST_SLEEP_S):
            self._ping_once()

    def _ping_once(self) -> None:
        """Ping for a complete pass, and never twice for the same: the next may not happen."""
        result, self._complete = self._complete, None
        if result is not None:
            ping_heartbeat(result)


def _sleep(until_due: float | None) -> float:
    if until_due is None:
        return LONGEST_SLEEP_S
    return min(LONGEST_SLEEP_S, max(SHORTEST_SLEEP_S, until_due))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
