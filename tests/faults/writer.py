"""Queues mails one after the other and says which were acknowledged: a line per commit.

Started by ``test_outbox`` after ``django.setup()``; reads orders of the form ``NAME NUMBER PAUSE``
and answers each with the keys of that many mails. A database that is away is waited for; what
failed is not counted and not repeated. Stops at the points ``queued`` (written, not committed)
and ``committed`` (not acknowledged yet).
"""

import sys
import time

from django.db import DatabaseError, connections, transaction

from tests.faults.points import reach
from tests.outbox import queue_delivery


def main() -> None:
    """Do what is ordered until the orders end."""
    for line in sys.stdin:
        name, number, pause = line.split()
        _write(name, int(number), float(pause))


def _write(name: str, number: int, pause: float) -> None:
    """Queue until ``number`` mails were acknowledged, ``pause`` seconds apart."""
    acknowledged = tried = 0
    while acknowledged < number:
        tried += 1
        key = f"{name}.{tried}"
        try:
            with transaction.atomic():
                queue_delivery(
                    key=key,
                    kind="test",
                    address=f"{key}@example.org",
                    channels=("email",),
                    subject_line=key,
                    text="Something happened.",
                )
                reach("queued", key=key)
        except DatabaseError:
            connections.close_all()
            time.sleep(0.2)
            continue
        reach("committed", key=key)
        acknowledged += 1
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()
        time.sleep(pause)
