"""`manage.py backup FILE`: everything that lasts as one file, while the product runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from config.backups.taking import take_backup
from waits.trouble import trouble_of


class Command(BaseCommand):
    """Takes a backup of the database, as of one moment, and of the key that opens its secrets."""

    help = "Write everything that lasts into one file. It holds secrets: keep it as such."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("file", metavar="FILE", help="is replaced only by a whole one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, or say why not and leave what was there."""
        path = Path(options["file"])
        try:
            made = take_backup(path)
        except OSError as error:
            raise CommandError(
                f"The backup could not be written to {path}: {error.strerror or error}. What was "
                "there before is still there."
            ) from None
        except Error as error:
            raise CommandError(f"The database {trouble_of(error).reason}: {error}") from None
        rows = sum(table.rows for table in made.tables.values())
        incidents = made.tables["incidents_incident"].rows
        # What is written to may be the standard output.
        (self.stdout if path.is_file() else self.stderr).write(
            f"{path} holds {incidents} incidents and {rows} rows of {made.made_at}. It holds the "
            "keys to second factors and signatures too: keep it as you keep passwords."
        )
        if made.left_out:
            self.stderr.write(
                f"It does not hold {', '.join(made.left_out)}: no migration of Endstate made that."
            )
