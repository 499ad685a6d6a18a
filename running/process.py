"""What the operating system lets us say about a child process before and after it starts.

Which children there are stands in ``running.supervisor`` and ``running.embedded``.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_READ_SEARCH = 2
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
    uid: int | None, *, reach: Path, dies_with_parent: signal.Signals | None = None
) -> Callable[[], None]:
    """What a child does between fork and exec: become ``uid``, with no group of ours.

    Where a parent of ``reach`` is closed to that account (a clone under a 0700 home), the child
    keeps one capability, reading and searching folders; nothing else of root's. ``None`` stays
    who we are.
    """
    on_the_way = {*reach.parents, *Path(__file__).parents, *Path(sys.prefix, "bin").parents}
    closed = uid is not None and not all(folder.stat().st_mode & 0o001 for folder in on_the_way)

    def become() -> None:
        if uid is not None:
            if closed:
                _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
                # Or access(2), by which PostgreSQL looks for itself, forgets the capability.
                _libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            if closed:
                _keep_search_only()
        if dies_with_parent is not None and hasattr(_libc, "prctl"):
            _libc.prctl(PR_SET_PDEATHSIG, int(dies_with_parent), 0, 0, 0)

    return become


def _keep_search_only() -> None:
    """Leave the process, and what it executes, ``CAP_DAC_READ_SEARCH`` alone."""
    bit = 1 << CAP_DAC_READ_SEARCH
    header = _Header(CAPABILITY_VERSION_3, 0)
    sets = (_Capabilities * 2)(_Capabilities(bit, bit, bit), _Capabilities(0, 0, 0))
    if _libc.capset(ctypes.byref(header), sets):
        raise OSError(ctypes.get_errno(), "capset")
    if _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def is_running(pid: int) -> bool:
    """Whether ``pid`` runs; a zombie nobody reaped yet does not."""
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
    return state != "Z"
