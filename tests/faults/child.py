"""A process that faults are done to: ``manage.py sweep --loop`` with the test kind registered.

``conftest.Loops`` starts it after ``django.setup()``. It stops at the points of ``points``; what
it is told to break is a control.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery.signals import worker_ready
from django.core.management import call_command

from clock.models import Now
from clock.queries import now
from config import forked
from deadlines import loop, sweeping
from deadlines.sweeping import SweepResult
from notifications import claiming, sending, settling
from notifications.channels import Send, register_channel, session_of
from notifications.kinds import register
from notifications.models import Delivery, State
from tests.deadlines.kind import Watering
from tests.faults.points import reach

_hands = threading.local()
"""What each sending thread has claimed."""


def _wrap(module: Any, name: str, wrapper: Callable[[Callable[..., Any]], Any]) -> None:
    setattr(module, name, wrapper(getattr(module, name)))


def _in_hand() -> list[str]:
    return [str(row.pk) for row in _hands.rows]


def stop_at_points() -> None:
    """Make this process reach the points.

    ``sweeping`` before a pass of the loop, ``written`` with a step's rows written and not
    committed, ``stepped`` once they are; ``claimed`` with a batch claimed and nothing sent,
    ``handed over`` when the mail server has a message that is not noted as sent, ``settled`` when
    it is.
    """

    def before_a_pass(run_pass: Callable[..., SweepResult]) -> Callable[..., SweepResult]:
        def wrapped(*arguments: Any, **named: Any) -> SweepResult:
            reach("sweeping")
            return run_pass(*arguments, **named)

        return wrapped

    def then(point: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrapper(real: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*arguments: Any, **named: Any) -> Any:
                answer = real(*arguments, **named)
                reach(point)
                return answer

            return wrapped

        return wrapper

    def with_a_batch(send_batch: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(channel: str, rows: list[Delivery]) -> Any:
            _hands.rows = rows
            reach("claimed", batch=_in_hand())
            return send_batch(channel, rows)

        return wrapped

    def once_settled(settle_all: Callable[..., int]) -> Callable[..., int]:
        def wrapped(rows: Sequence[Delivery], state: State, **fields: Any) -> int:
            done = settle_all(rows, state, **fields)
            reach("settled", batch=_in_hand(), subject=rows[0].subject_line)
            return done

        return wrapped

    mail = session_of("email")

    @contextmanager
    def session() -> Iterator[Send]:
        with mail() as real:

            def send(rows: Sequence[Delivery]) -> None:
                real(rows)
                reach("handed over", batch=_in_hand(), subject=rows[0].subject_line)

            yield send

    _wrap(loop, "run_pass", before_a_pass)
    _wrap(sweeping, "_write", then("written"))
    _wrap(sweeping, "_step", then("stepped"))
    _wrap(sending, "_send_batch", with_a_batch)
    _wrap(sending, "settle_all", once_settled)
    register_channel("email", session)


@contextmanager
def deadly() -> Iterator[Send]:
    """A channel whose receiver kills the sender over a message with the subject ``deadly``."""

    def send(rows: Sequence[Delivery]) -> None:
        if rows[0].subject_line == "deadly":
            os._exit(9)

    yield send


def mark_first(send: Send, unit: list[Delivery]) -> settling.SendResult:
    """Note the row as sent, then send it: the order that loses what is in hand at a kill."""
    sending.settle_all(unit, State.SENT, sent_at=Now())  # type: ignore[attr-defined]
    send(unit)
    return settling.SendResult(sent=len(unit))


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
        settling.CRASHES = 1_000_000
    elif broken == "sweep":
        loop.run_pass = do_nothing  # type: ignore[attr-defined]
    elif broken:
        raise SystemExit(f"nothing is called {broken!r}")
    stop_at_points()
    call_command("sweep", "--loop")


def work() -> None:
    """Be the worker that ``up`` starts, and reach the points; ``ready`` before its first task."""
    stop_at_points()
    worker_ready.connect(_say_ready)
    forked.worker()


def _say_ready(**_: Any) -> None:
    reach("ready")
