"""Named points at which a process under test stops, so that it dies there and nowhere else.

A test orders a stop; the first process to reach the point takes the order, says what it has in
hand, and waits until it is killed or let go. The product knows nothing of this: the programs in
this folder wrap its functions with ``reach``.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import until

VARIABLE = "ENDSTATE_TEST_POINTS"
"""Names the folder in which a child finds its orders."""


def reach(point: str, **facts: Any) -> None:
    """Stop here if somebody ordered it: note ``facts`` and wait to be killed or let go."""
    folder = Path(os.environ[VARIABLE], point)
    for order in sorted(folder.glob("*.ordered")):
        taken = order.with_suffix(".taken")
        try:
            # One order stops one process: only one can rename it.
            order.rename(taken)
        except FileNotFoundError:
            continue
        taken.write_text(json.dumps({"pid": os.getpid(), **facts}))
        held = taken.rename(order.with_suffix(".held"))
        while held.exists():
            time.sleep(0.01)
        return


@dataclass(frozen=True)
class Stop:
    """One order to stop."""

    path: Path

    def is_held(self) -> bool:
        """Whether a process stands there."""
        return self.path.with_suffix(".held").exists()

    def held(self) -> dict[str, Any]:
        """Wait until a process stands there; answers its ``pid`` and what it has in hand."""
        until(self.is_held)
        facts: dict[str, Any] = json.loads(self.path.with_suffix(".held").read_text())
        return facts

    def let_go(self) -> None:
        """Let the process go on."""
        self.path.with_suffix(".held").unlink()


class Points:
    """The orders of one test; every process that is given ``environment`` may take one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {VARIABLE: str(folder)}
        self._number = 0

    def order(self, point: str) -> Stop:
        """Have the next process to reach ``point`` stop there."""
        self._number += 1
        path = self.folder / point / f"{self._number:03}.ordered"
        path.parent.mkdir(exist_ok=True)
        path.touch()
        return Stop(path)
