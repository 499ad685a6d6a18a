"""Waiting for what must become true, however slow the machine is."""

import os
import time
from collections.abc import Callable

PATIENCE_S = 240.0
"""Only a test that fails waits this long; one that holds goes on at once."""

FULL = os.environ.get("ENDSTATE_FAULTS") == "full"
"""Whether ``make faults`` runs, on a machine at rest: only then are seconds promised."""


def bar(promised_s: float, *, busy: float = PATIENCE_S) -> float:
    """What ``make faults`` holds to, in seconds; ``make test``, beside others, to ``busy``."""
    return promised_s if FULL else busy


def until(true: Callable[[], object], seconds: float = PATIENCE_S) -> float:
    """Wait until ``true()`` is; answers how long, raises ``AssertionError`` after ``seconds``."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"it did not become true within {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began


def until_through(
    is_through: Callable[[], object], done: Callable[[], int], stands_s: float = PATIENCE_S
) -> float:
    """Wait until ``is_through()``, however much there is to do, as long as ``done()`` still rises.

    Answers how long; raises ``AssertionError`` where it stood still for ``stands_s``.
    """
    began = time.monotonic()
    while not is_through():
        before = done()
        until(lambda: is_through() or done() > before, stands_s)  # noqa: B023
    return time.monotonic() - began
