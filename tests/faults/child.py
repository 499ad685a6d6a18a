"""A process that faults are done to: ``manage.py sweep --loop`` with the test kind registered.

Started as ``python -m tests.faults.child [--break NAME]``; what is broken is a negative control.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import django
from django.core.management import call_command


def main(broken: str) -> None:
    """Register what the tests use, break what was asked for, and loop."""
    django.setup()
    from deadlines.kinds import register
    from notifications import sending
    from notifications.channels import Send, register_channel
    from notifications.models import Delivery
    from tests.deadlines.kind import Watering

    @contextmanager
    def deadly() -> Iterator[Send]:
        def send(rows: Sequence[Delivery]) -> None:
            if rows[0].subject_line == "deadly":
                os._exit(9)

        yield send

    register(Watering())
    register_channel("webhook", deadly)
    if broken == "lease":
        sending.LEASE = timedelta(days=3650)
    elif broken == "crashes":
        sending.CRASHES = 1_000_000
    elif broken == "sweep":
        from deadlines import loop, sweeping

        nothing = sweeping.SweepResult(started_at=sweeping.now())
        loop.run_pass = lambda ringer: nothing
    elif broken:
        raise SystemExit(f"nothing is called {broken!r}")
    call_command("sweep", "--loop")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(sys.argv[2] if len(sys.argv) > 2 else "")
