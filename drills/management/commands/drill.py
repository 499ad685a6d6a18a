"""`manage.py drill SCENARIO`: rehearse a scripted incident in real time or faster (P62)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clock.queries import now
from drills.cast import gather, set_up_services
from drills.player import play_live
from drills.scenarios import SCENARIOS
from drills.script import Stage
from incidents.record.models import Kind


class Command(BaseCommand):
    """Starts a drill, prints its reference and plays it until its end."""

    help = "Play a scripted incident as a drill: it never reaches real stakeholders."

    def add_arguments(self, parser: CommandParser) -> None:
        """The scenario's name, or ``--list``."""
        parser.add_argument("scenario", nargs="?", choices=sorted(SCENARIOS))
        parser.add_argument("--speed", type=float, default=1.0, help="Times as fast as it was.")
        parser.add_argument("--list", action="store_true", dest="listed")

    def handle(self, *args: Any, **options: Any) -> None:
        """List the scenarios or play one."""
        if options["listed"]:
            for scenario in SCENARIOS.values():
                self.stdout.write(f"{scenario.name:<18} {scenario.title}")
            return
        if not options["scenario"]:
            raise CommandError("Name a scenario, or see them with --list.")
        if not 0.1 <= options["speed"] <= 600:
            raise CommandError("The speed is between 0.1 and 600.")
        people = gather(with_password=False)
        stage = Stage(
            people=people,
            services=set_up_services(people),
            kind=Kind.DRILL,
            started_at=now(),
        )
        said: list[str] = []

        def say(words: str) -> None:
            if not said and stage.incident is not None:
                self.stdout.write(stage.incident.ref)
                said.append(words)
            self.stderr.write(words)

        play_live(SCENARIOS[options["scenario"]], stage, speed=options["speed"], say=say)
