"""A process that faults are done to: ``manage.py sweep --loop`` with the test kind registered.

``conftest.Loops`` starts it after ``django.setup()``; what it is told to break is a control.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.core.management import call_command

from clock.models import Now
from clock.queries import now
from deadlines import loop
from deadlines.kinds import register
from deadlines.sweeping import SweepResult
from notifications import claiming, sending
from notifications.channels import Send, register_channel
from notifications.models import Delivery, State
from tests.deadlines.kind import Watering


@contextmanager
def deadly() -> Iterator[Send]:
    """A channel whose receiver kills the sender over a message with the subject ``deadly``."""

    def send(rows: Sequence[Delivery]) -> None:
        if rows[0].subject_line == "deadly":
            os._exit(9)

    yield send


def mark_first(send: Send, unit: list[Delivery]) -> sending.SendResult:
    """Note the row as sent, then send it: the order that loses what is in hand at a kill."""
    for row in unit:
        sending._settle(row, State.SENT, sent_at=Now())
    time.sleep(0.1)
    send(unit)
    return sending.SendResult(sent=len(unit))


def do_nothing(ringer: str, *, rings: bool = False) -> SweepResult:
    """A pass that looks at nothing."""
    return SweepResult(started_at=now())


def main(broken: str) -> None:
    """Register what the tests use, break what was asked for, and loop."""
    register(Watering())
    register_channel("webhook", deadly)
    if broken == "lease":
        claiming.LEASE = timedelta(days=3650)
    elif broken == "order":
        sending._send_unit = mark_first  # type: ignore[assignment]
    elif broken == "crashes":
        sending.CRASHES = 1_000_000
    elif broken == "sweep":
        loop.run_pass = do_nothing  # type: ignore[attr-defined]
    elif broken:
        raise SystemExit(f"nothing is called {broken!r}")
    call_command("sweep", "--loop")
