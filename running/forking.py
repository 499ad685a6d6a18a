"""Children made by forking, so that they share what the parent had loaded before.

Which children there are stands in ``running.supervisor``, what each does in ``config.forked``.
"""

import atexit
import ctypes
import os
import signal
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn, Protocol

from running.process import dies_with_parent
from running.terminal import flush

ENDINGS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class Closable(Protocol):
    """A file or a socket of the parent that the child has no use for."""

    def close(self) -> object:
        """Let go of it."""


class Forked:
    """A running child with the parts of ``subprocess.Popen`` that the supervisor uses."""

    def __init__(
        self, title: str, target: Callable[[], object], *, without: Iterable[Closable] = ()
    ) -> None:
        """Fork, and run ``target`` in the child, in its own session and under its own title."""
        self.returncode: int | None = None
        flush()
        # A signal in between would find the parent's handlers in the child, and be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _live(title, target, without)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)

    def poll(self) -> int | None:
        """The exit status, negative for a signal, or ``None`` while it runs."""
        return self._collect(os.WNOHANG)

    def wait(self) -> int | None:
        """Wait for its end and answer how it ended."""
        return self._collect(0)

    def _collect(self, how: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, how)
            except ChildProcessError:
                pid, status = self.pid, 0
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _live(title: str, target: Callable[[], object], without: Iterable[Closable]) -> NoReturn:
    """The child's whole life. Never returns into what the parent was doing."""
    status = 1
    try:
        os.setsid()
        for number in ENDINGS:
            signal.signal(number, signal.SIG_DFL)
        dies_with_parent()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for one in without:
            one.close()
        set_title(title)
        target()
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001 - the parent must not go on in here
        traceback.print_exc()
    finally:
        try:
            atexit._run_exitfuncs()
            flush()
        finally:
            os._exit(status)


def set_title(title: str) -> None:
    """Have the process listed as ``title``, by writing over its command line (Linux only)."""
    try:
        numbers = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return
    # Fields 48 and 49 of proc(5), counted from the state, which is field 3.
    start, end = int(numbers[45]), int(numbers[46])
    words = title.encode()[: end - start - 1]
    ctypes.memset(start, 0, end - start)
    ctypes.memmove(start, words, len(words))
