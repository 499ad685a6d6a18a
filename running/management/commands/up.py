"""`manage.py up` as Django lists it; ``manage.py`` itself starts it without loading Django."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand

from running import supervisor


class Command(BaseCommand):
    """Runs the whole product: database, broker, web, worker, beat and the sweep loop."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The options stand in ``running.supervisor``."""
        supervisor.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Only reached through ``call_command``."""
        names = ("demo", "host", "port", "data", "web_processes")
        chosen = argparse.Namespace(**{name: options[name] for name in names})
        sys.exit(supervisor.Supervisor(chosen).run())
