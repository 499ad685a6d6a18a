"""Waiting for what must become true, however slow the machine is."""

import time
from collections.abc import Callable

PATIENCE_S = 90.0
"""Only a test that fails waits this long; one that holds goes on at once."""


def until(true: Callable[[], object], seconds: float = PATIENCE_S) -> float:
    """Wait until ``true()`` is; answers how long, raises ``AssertionError`` after ``seconds``."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"it did not become true within {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began
