"""Queues mails one after the other and says which were acknowledged: a line per commit.

Started by ``test_outbox`` after ``django.setup()``. A database that is away is waited for; what
failed is not counted and not repeated.
"""

import sys
import time

from django.db import DatabaseError, connections, transaction

from tests.outbox import queue_delivery


def main(number: int, pause: float) -> None:
    """Queue until ``number`` mails were acknowledged, ``pause`` seconds apart."""
    acknowledged = tried = 0
    while acknowledged < number:
        tried += 1
        key = f"m{tried}"
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
        except DatabaseError:
            connections.close_all()
            time.sleep(0.2)
            continue
        acknowledged += 1
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()
        time.sleep(pause)
