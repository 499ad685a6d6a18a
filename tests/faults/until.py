"""Waiting for what has to become true."""

import time
from collections.abc import Callable


def until(true: Callable[[], object], seconds: float = 10.0) -> float:
    """Wait until ``true()``; answers the seconds it took, fails after ``seconds``."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"it did not become true within {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began
