"""`manage.py demo`: people, history and an incident in progress for somebody who looks around."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from drills.cast import CAST, PASSWORD
from drills.demo import AlreadyInUse, TooPublic, go_on, set_up


class Command(BaseCommand):
    """Loads the three scenarios; with ``--play`` it goes on acting out the running one.

    Never behind a public ``BASE_URL``.
    """

    help = "Load the demo: people, two incidents as history, one in progress."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--play` keeps the incident in progress moving until its script ends."""
        parser.add_argument("--play", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse a database that already holds incidents, unless it only goes on playing."""
        if options["play"]:
            go_on(say=self.stdout.write, sleep=time.sleep)
            return
        try:
            ref = set_up()
        except (AlreadyInUse, TooPublic) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{ref} is in progress. Sign in with the password {PASSWORD} as")
        for person in CAST:
            self.stdout.write(f"  {person.email:<28} {person.name} ({person.role})")
