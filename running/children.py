"""One child of `up`: started, started again when it ended, and replaced when it hangs.

Which children there are stands in ``running.supervisor``.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from running.process import has_ended
from running.terminal import say

#: Whether the system tells of an end without reaping it.
CAN_LOOK = hasattr(os, "waitid")
LONGEST_PAUSE_S = 10.0
#: A child that ran for this long did start; its next death is not counted with the last.
SETTLED_S = 20.0
#: A busy machine takes its time until a child gives its first sign of life.
FIRST_SIGN_WITHIN_S = 120.0
#: However often a child was replaced for being silent, it is never waited for longer.
LONGEST_SILENCE_S = 600.0


class Process(Protocol):
    """What the supervisor needs to know of a running child."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """The exit status, or ``None`` while it runs."""

    def wait(self) -> int | None:
        """Wait for the end."""


@dataclass
class Child:
    """One process to keep running, with what it takes to start it again.

    ``silence_s`` is how long it may give no sign of life before it counts as hung; it doubles
    with each replacement, so that a machine that is only slow is not kept from its work.
    """

    name: str
    make: Callable[[], Process]
    silence_s: float = LONGEST_SILENCE_S
    first_sign_s: float = FIRST_SIGN_WITHIN_S
    process: Process | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    deaths: int = 0
    heard_at: float | None = None

    def start(self) -> None:
        """Start it in its own session, so that Ctrl-C reaches the supervisor alone."""
        self.started_at, self.heard_at = time.monotonic(), None
        self.process = self.make()

    def hear(self, now: float) -> None:
        """Note a sign of life."""
        self.heard_at = now

    def look(self, now: float) -> None:
        """Start it again if it ended, after a pause that grows while it keeps ending at once.

        One that is there and gives no sign of life is killed, and so ends.
        """
        if self.process is None:
            if now >= self.start_again_at:
                self.start()
            return
        if self.is_running:
            if now > self._must_be_heard_by():
                since = now - (self.started_at if self.heard_at is None else self.heard_at)
                say(f"{self.name} has given no sign of life for {since:.0f} s; replacing it.")
                self.silence_s = min(LONGEST_SILENCE_S, self.silence_s * 2)
                self.hear(now)
                self.signal(signal.SIGKILL)
            return
        # Before it is reaped, so that its number is still its own; what it started goes with it.
        self.signal(signal.SIGKILL)
        status = self.process.wait() or 0
        self.deaths = 1 if now - self.started_at > SETTLED_S else self.deaths + 1
        pause = min(LONGEST_PAUSE_S, 0.1 * 2**self.deaths)
        say(f"{self.name} ended ({ending(status)}); starting it again in {pause:.1f} s.")
        self.process = None
        self.start_again_at = now + pause

    def _must_be_heard_by(self) -> float:
        if self.heard_at is None:
            return self.started_at + max(self.first_sign_s, self.silence_s)
        return self.heard_at + self.silence_s

    def signal(self, number: signal.Signals) -> None:
        """Send ``number`` to the process, or SIGKILL to it and everything it started."""
        if self.process is None:
            return
        if self.process.returncode is not None and number != signal.SIGKILL:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)

    @property
    def is_running(self) -> bool:
        """Whether it runs now. One that ended keeps its number until ``look`` reaps it."""
        if self.process is None or self.process.returncode is not None:
            return False
        return not has_ended(self.process.pid) if CAN_LOOK else self.process.poll() is None


def ending(status: int) -> str:
    """How a process ended, in words."""
    return f"signal {-status}" if status < 0 else f"status {status}"
