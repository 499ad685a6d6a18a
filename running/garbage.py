"""Keeps the garbage collector off what a process loads with its first requests.

A full collection goes through every object that is tracked. What lives as long as the process is
never garbage, yet going through it held up whichever request was under way, by 40 ms and more.
"""

import gc

#: So many full collections are followed by it. Not more: a cycle that is let go later stays.
TIMES = 6


class Keeper:
    """A callback of the collector: what survived a full collection is not looked at again."""

    def __init__(self, times: int = TIMES) -> None:
        self.left = times

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """Freeze what is there once a full collection ended, ``times`` times in all."""
        if phase == "stop" and info["generation"] == 2 and self.left > 0:
            self.left -= 1
            gc.freeze()


def keep_what_stays() -> None:
    """From now on. What is loaded already is kept at once."""
    gc.callbacks.append(Keeper())
    gc.collect()
