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


def is_running(pid: int, *, named: str = "") -> bool:
    """Whether ``pid`` runs; a zombie nobody reaped yet does not.

    With ``named`` only if its command line holds that word: a number found in a file may be
    somebody else's by now.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    with contextlib.suppress(OSError):
        if named and named.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return False
    return state != "Z"
