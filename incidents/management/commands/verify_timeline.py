"""`manage.py verify_timeline [REF]`: is the record complete and unaltered?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from incidents.record.locking import lock_incident
from incidents.record.models import Incident
from incidents.record.references import number_among
from incidents.record.timeline import verify


class Command(BaseCommand):
    """Reads every entry of one incident or of all; exit 1 and the first bad entry if there is."""

    help = "Check that the record is complete and unaltered."

    def add_arguments(self, parser: CommandParser) -> None:
        """The reference of one incident, or nothing for all."""
        parser.add_argument("ref", nargs="?", metavar="REF")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many were right, or which entry is not."""
        incidents = Incident.objects.order_by("number")
        if options["ref"]:
            incidents = incidents.filter(number=number_among(options["ref"]) or 0)
            if not incidents:
                raise CommandError(f"There is no incident {options['ref']}.")
        count = 0
        for pk in incidents.values_list("pk", flat=True):
            with transaction.atomic():
                # What the incident ends with and its entries are read as of one moment, since
                # people may be writing meanwhile.
                bad = verify(lock_incident(pk))
            if bad:
                raise CommandError(f"{bad.ref}: entry {bad.seq} {bad.what}.")
            count += 1
        are = "timeline is" if count == 1 else "timelines are"
        self.stdout.write(f"{count} {are} complete and unaltered.")
