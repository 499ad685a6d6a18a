"""``manage.py sweep``: enforcement by hand, as a loop, or only the check of the books."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deadlines.loop import Loop
from deadlines.passes import ping_heartbeat, run_pass
from deadlines.queries import check_books
from live.bell import flush
from notifications.lanes import send_all_due
from notifications.settling import SendResult
from waits.limits import BACKGROUND, become

PASSES = 20


class Command(BaseCommand):
    """One pass of everything due: deadlines climb, messages leave."""

    help = "One pass of every enforcement: due deadlines take their step, due messages leave."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The loop and the check."""
        parser.add_argument("--loop", action="store_true", help="go on until stopped")
        parser.add_argument(
            "--check", action="store_true", help="only check that the books balance"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run what was asked for; a check that finds something ends with status 1."""
        if options["check"]:
            self._check()
        elif options["loop"]:
            self._loop()
        else:
            self._once()
            flush()

    def _once(self) -> None:
        stepped = failed = 0
        for _ in range(PASSES):
            result = run_pass("hand")
            stepped += result.stepped
            failed += result.failed
            if not result.stepped:
                break
        sent = SendResult()
        for one in send_all_due().values():
            sent = sent.plus(one)
        ping_heartbeat(result)
        self.stdout.write(
            f"{stepped} deadlines took a step, {sent.sent} messages left, {sent.cancelled} were "
            f"stale, {sent.retried} will be tried again."
        )
        if failed or not result.complete:
            self.stderr.write("Not every due deadline could be dealt with; see the log.")

    def _loop(self) -> None:
        become(BACKGROUND)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Loop(stop).run()

    def _check(self) -> None:
        if wrong := check_books():
            raise CommandError("\n".join(wrong))
        self.stdout.write("The books balance.")
