"""Sets what the operating system lets us set of a child process, and reads how it runs.

Which children there are stands in ``running.supervisor`` and ``running.embedded``.
"""

import contextlib
import ctypes
import os
import signal
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Capabilities(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def dies_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send ``number`` to the calling process when its parent ends."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def as_account(
    uid: int | None, *, dies_with_parent: signal.Signals | None = None
) -> Callable[[], None]:
    """What a child does between fork and exec: become ``uid``, with no group of ours.

    ``None`` stays who we are. Either way it has no capability left and can gain nothing by what
    it executes.
    """

    def become() -> None:
        if uid is not None:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
        if hasattr(_libc, "prctl"):
            if uid is not None:
                _let_go_of_capabilities()
            _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            if dies_with_parent is not None:
                _libc.prctl(PR_SET_PDEATHSIG, int(dies_with_parent), 0, 0, 0)

    return become


def _let_go_of_capabilities() -> None:
    """Empty every set, also where a container keeps root's capabilities beyond ``setuid``."""
    _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = _Header(CAPABILITY_VERSION_3, 0)
    sets = (_Capabilities * 2)()
    if _libc.capset(ctypes.byref(header), sets):
        raise OSError(ctypes.get_errno(), "capset")


def is_running(pid: int, *, named: str = "", at: Path | None = None) -> bool:
    """Whether ``pid`` runs; a zombie nobody reaped yet does not.

    A number found in a file may be somebody else's by now: with ``named`` only if its command
    line holds that word, with ``at`` only if it works in that folder. What we may not look at
    counts as right.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    process = Path(f"/proc/{pid}")
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    with contextlib.suppress(OSError):
        if named and named.encode() not in (process / "cmdline").read_bytes():
            return False
    with contextlib.suppress(OSError):
        if at is not None and not (process / "cwd").samefile(at):
            return False
    return state != "Z"


def send(pid: int, number: signal.Signals, *, named: str, at: Path) -> None:
    """Send a signal to ``pid`` if it is who is meant, as ``is_running`` says; else to nobody.

    Between the look and the signal the number cannot become somebody else's (Linux).
    """
    with contextlib.suppress(ProcessLookupError):
        if not hasattr(os, "pidfd_open"):
            if is_running(pid, named=named, at=at):
                os.kill(pid, number)
            return
        handle = os.pidfd_open(pid)
        try:
            if is_running(pid, named=named, at=at):
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def has_ended(pid: int) -> bool:
    """Whether a child of ours ended. It is not reaped, so its number stays its own."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def children_of(pid: int) -> list[int]:
    """The processes that ``pid`` started and that have not ended, where Linux tells."""
    found = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(one) for one in (thread / "children").read_text().split()]
    return found
