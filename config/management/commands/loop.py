"""`manage.py loop`: the sweep loop as `up` runs it, with the demo's player beside it if asked for.

Both in one process, since each of its own would cost as much memory again.
"""

import argparse
import logging
import threading
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connections

from drills.demo import go_on

logger = logging.getLogger(__name__)

AFTER_TROUBLE_S = 5.0


class Command(BaseCommand):
    """Enforces what is due until it is stopped."""

    help = "The sweep loop; with --play the demo's incident goes on beside it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """``--play`` for the demo."""
        parser.add_argument("--play", action="store_true", help="act out the demo's incident")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM; the player ends with it and goes on from there next time."""
        if options["play"]:
            threading.Thread(target=play, name="player", daemon=True).start()
        call_command("sweep", "--loop", skip_checks=True)


def play() -> None:
    """Act out the demo to its end, waiting out a database that is away."""
    while True:
        try:
            go_on(say=logger.debug, sleep=time.sleep)
        except DatabaseError as error:
            logger.warning("The demo waits for the database: %s", type(error).__name__)
            connections.close_all()
            time.sleep(AFTER_TROUBLE_S)
        except Exception:
            logger.exception("The demo's incident does not go on.")
            return
        else:
            return
        finally:
            connections.close_all()
