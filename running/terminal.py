"""Prints what `up` says to whoever started it; a terminal that fails stops nothing."""

import contextlib
import os
import sys

STANDARD = (0, 1, 2)


def say(words: str) -> None:
    """Tell the person at the terminal, at once; a full disk or a closed pipe loses the words."""
    with contextlib.suppress(OSError):
        os.write(1, f"{words}\n".encode(errors="replace"))


def flush() -> None:
    """Write out what Python holds back, if it can be written."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def have_standard_streams() -> None:
    """Open what was closed when we were started, or the next socket would take its number."""
    for number in STANDARD:
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is the one that is missing.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
