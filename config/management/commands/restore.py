"""`manage.py restore FILE [--replace]`: a backup in the place of what the database holds."""

import os
import stat
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from config.backups.archive import Backup, Unusable, read
from config.backups.restoring import NotRestored, check_version, restore
from config.versions import OtherVersion
from deadlines.queries import check_books, what_is_late
from waits.trouble import FULL, trouble_of


class Command(BaseCommand):
    """Restores a backup whole or not at all, then looks whether the record and the books hold."""

    help = "Put a backup in the place of what the database holds, and check it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, and whether incidents may go."""
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--replace", action="store_true", help="throw away the incidents that are there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 1, with what is wrong, unless everything holds."""
        path = Path(options["file"])
        try:
            backup = read(path)
            check_version(backup.manifest)
            restore(backup, replaces=options["replace"])
        except (Unusable, NotRestored, OtherVersion) as error:
            raise CommandError(f"Nothing was restored: {error}") from None
        except Error as error:
            why = trouble_of(error)
            what = "the disk of the database is full" if why is FULL else str(error).strip()
            raise CommandError(f"Nothing was restored: {what}") from None
        self.stdout.write(f"Restored what {path} holds of {backup.manifest.made_at}.")
        self._settle_key(backup)
        call_command("verify_timeline", stdout=self.stdout)
        self._check_books()

    def _check_books(self) -> None:
        """What fell due since the backup was made is late, not lost: the loop takes it up."""
        late = what_is_late()
        if wrong := [sentence for sentence in check_books() if sentence not in late]:
            raise CommandError("\n".join(["Restored, but the books do not balance:", *wrong]))
        self.stdout.write("The books balance.")
        if late:
            self.stdout.write("Since the backup was made, and taken up once the product runs:")
            self.stdout.write("\n".join(f"  {sentence}" for sentence in late))

    def _settle_key(self, backup: Backup) -> None:
        """The backup's key opens its second factors: put it where `up` looks, or say what is so."""
        if not backup.key or backup.key == settings.SECRET_KEY:
            return
        if os.environ.get("SECRET_KEY"):
            self.stdout.write(
                "SECRET_KEY is not the one the backup was made with: everybody signs in again, and "
                "adds a new second factor after an admin removed the old one. With the old key in "
                "SECRET_KEY, and a restart, nobody has to."
            )
            return
        kept = settings.DATA / "secret_key"
        beside = kept.with_name("secret_key.new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | 0o200)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(f"{backup.key}\n")
        beside.replace(kept)
        self.stdout.write(
            f"{kept} is the backup's key now. Start `up` again, so that it signs with it too."
        )
