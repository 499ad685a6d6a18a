"""`manage.py person`: creates or changes one person, and invites who has no way in yet."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.actions import create_or_change_person
from people.invitations import invite
from people.models import Role
from refusals.errors import Invalid


class Command(BaseCommand):
    """Creates the person with that address, or changes what is given."""

    help = __doc__

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The address, and what to set."""
        parser.add_argument("email")
        parser.add_argument("--name", help="what others read; needed for a new person")
        parser.add_argument("--role", choices=Role.values, help="default: responder")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        parser.add_argument(
            "--invite", action="store_true", help="a new link to choose a password or a passkey"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 with one line per refused value."""
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        try:
            person, created = create_or_change_person(
                options["email"], name=options["name"], role=options["role"], password=password
            )
            is_new = created and password is None
            invited = invite(person) if is_new or options["invite"] else None
        except Invalid as refused:
            lines = [f"{field}: {message}" for field, message in refused.errors.items()]
            raise CommandError("\n".join(lines)) from None
        done = "Created" if created else "Changed"
        self.stdout.write(f"{done} {person.name} <{person.email}>, {person.role}.")
        if invited is not None:
            self.stdout.write(
                f"Good once, until {invited.expires_at:%-d %b %Y %H:%M} UTC, and mailed as well:\n"
                f"{invited.link}"
            )
