"""`manage.py api_token`: makes a token for one person and prints it, alone on one line, once."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.actions import issue_token
from people.models import ORDINARY, Scope, User
from refusals.errors import Invalid


class Command(BaseCommand):
    """Prints a new token. Only its hash is stored, so it cannot be shown again."""

    help = __doc__

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Whose it is, what it is for, how long it lives and what it may."""
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="what it is for")
        parser.add_argument("--expires", type=int, metavar="DAYS", help="default: never")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="may be given several times; default: all but agent, which stands alone",
        )
        parser.add_argument(
            "--service",
            action="store_true",
            help="for a program: it joins no roster and counts for no seat",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 when there is no such active person or a value is refused."""
        person = User.objects.active().with_address(options["email"]).first()
        if person is None:
            raise CommandError(
                f"No active person has the address {options['email']}. "
                "Make one with `manage.py person`."
            )
        scopes = tuple(options["scope"] or ORDINARY)
        try:
            _, secret = issue_token(
                person,
                name=options["name"],
                scopes=scopes,
                expires_days=options["expires"],
                is_service=options["service"],
            )
        except Invalid as refused:
            raise CommandError("; ".join(refused.errors.values())) from None
        self.stdout.write(secret)
