"""Sends side by side what would hold each other up: channels, and the targets of one channel.

A channel whose addresses lead to several machines has a lane for each target that has something
due, a thread of its own. One that hangs keeps its lane for as long as a request may take; whoever
waits for the lanes may leave before, and the others are served meanwhile.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from django.db import connections

from clock.models import Now
from notifications import sending
from notifications.channels import channel_names, has_targets
from notifications.models import Delivery
from notifications.settling import SendResult

logger = logging.getLogger(__name__)

MOST_LANES = 16
"""Of one channel in this process at once; the next targets have their turn when one ends."""

_lock = threading.Lock()
_taken: defaultdict[str, set[str]] = defaultdict(set)
"""The targets that a lane of this process serves now, by channel."""
_again: set[tuple[str, str]] = set()
"""Those of them for which something came meanwhile: the lane looks once more before it ends."""


def send_due(channel: str, *, wait_s: float | None = None) -> SendResult:
    """Send what is due on ``channel``, every target in its own lane.

    Answers after ``wait_s`` seconds at the latest (default: when all lanes have ended) with what
    ended by then. Must not be called inside a transaction.
    """
    if not has_targets(channel):
        return sending.send_due(channel)
    names = _begin(channel, _targets_due(channel))
    return _side_by_side({name: _lane(channel, name) for name in names}, wait_s)


def send_all_due(*, wait_s: float | None = None) -> dict[str, SendResult]:
    """Send what is due on every channel, each in its own thread, so none waits for another."""
    waiting = [name for name in channel_names() if seconds_until_due(name) == 0]
    if len(waiting) <= 1:
        return {name: send_due(name, wait_s=wait_s) for name in waiting}
    results: dict[str, SendResult] = {}

    def whole(name: str) -> Callable[[], SendResult]:
        def send() -> SendResult:
            results[name] = send_due(name, wait_s=wait_s)
            return results[name]

        return send

    _side_by_side({name: whole(name) for name in waiting}, None)
    return results


def seconds_until_due(channel: str) -> float | None:
    """Seconds until a row of ``channel`` may be taken that no lane of this process has in hand."""
    with _lock:
        besides = set(_taken[channel])
    return sending.seconds_until_due(channel, besides=besides)


def _targets_due(channel: str) -> list[str]:
    due = Delivery.objects.due(Now()).filter(channel=channel).order_by("target")
    return list(due.values_list("target", flat=True).distinct())


def _begin(channel: str, names: list[str]) -> list[str]:
    """Take the targets that nobody here serves, as far as there are lanes."""
    with _lock:
        taken = _taken[channel]
        _again.update((channel, name) for name in names if name in taken)
        free = [name for name in names if name not in taken][: max(0, MOST_LANES - len(taken))]
        taken.update(free)
    return free


def _lane(channel: str, target: str) -> Callable[[], SendResult]:
    def send() -> SendResult:
        result = SendResult()
        try:
            while True:
                result = result.plus(sending.send_due(channel, target=target))
                with _lock:
                    if (channel, target) not in _again:
                        _taken[channel].discard(target)
                        return result
                    _again.discard((channel, target))
        except BaseException:
            with _lock:
                _taken[channel].discard(target)
            raise

    return send


def _side_by_side(sends: dict[str, Callable[[], SendResult]], wait_s: float | None) -> SendResult:
    """Let each run in a thread; what has ended within ``wait_s`` is answered together."""
    ended: list[SendResult] = []

    def run(name: str, send: Callable[[], SendResult]) -> None:
        try:
            ended.append(send())
        except Exception:
            logger.exception("Sending to %s failed.", name)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(name, send), name=f"send-{name}", daemon=True)
        for name, send in sends.items()
    ]
    until = None if wait_s is None else time.monotonic() + wait_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(None if until is None else max(0.0, until - time.monotonic()))
    result = SendResult()
    for one in ended[:]:
        # One target that is shut says nothing about the others.
        result = result.plus(one)
    return SendResult(**{**vars(result), "blocked": False})
