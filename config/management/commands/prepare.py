"""`manage.py prepare` makes true what must be true before the product can answer.

Prints only how to sign in, or in one sentence why this version cannot have that database: for `up`
to show. What it does goes to standard error.
"""

import argparse
import contextlib
import hashlib
import io
import sys
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection

from config.roles import as_owner
from config.versions import OtherVersion
from drills.cast import CAST, PASSWORD
from people.models import User

#: Any number that nothing else in this database locks.
PREPARING = 0x656E6473
#: Extensions of htmx that come in its bundle, and the second of two ways to show an OpenAPI.
NOT_SERVED = ["django_htmx/ext/*", "ninja/redoc*"]


class Command(BaseCommand):
    """Migrations, the cache table, static files and, if asked and empty, the demo."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """``--demo`` as in `up`."""
        parser.add_argument("--demo", action="store_true", help="load the demo if there is nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Twice is once; two at the same time do it one after the other."""
        with as_owner():
            take_turn()
            try:
                call_command("migrate", verbosity=0, interactive=False)
            except OtherVersion as error:
                self.stdout.write(str(error))
                sys.exit(1)
            call_command("createcachetable", verbosity=0)
        take_turn()
        self.collect()
        if options["demo"] and "demo" in get_commands() and not has_incidents():
            with contextlib.suppress(OSError):
                self.stderr.write("Loading the demo …")
            call_command("demo", stdout=io.StringIO())
        self.stdout.write(sign_in_words())

    def collect(self) -> None:
        """Collect static files into the data folder, only when a source or a library changed."""
        stamp = settings.STATIC_ROOT / ".stamp"
        state = state_of_sources()
        if stamp.exists() and stamp.read_text() == state:
            return
        call_command(
            "collectstatic",
            verbosity=0,
            interactive=False,
            clear=True,
            ignore_patterns=NOT_SERVED,
        )
        stamp.write_text(state)


def take_turn() -> None:
    """Wait for whoever prepares the same database; holds until this connection closes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARING])


def has_incidents() -> bool:
    """Whether the database already holds what a demo would be mixed into."""
    return apps.get_model("incidents", "Incident")._default_manager.exists()


def state_of_sources() -> str:
    """A digest that changes with any static source: path, size and time of change."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(NOT_SERVED):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def sign_in_words() -> str:
    """Who can sign in: the demo's people where they are, else how to make the first person."""
    people = {person.email.lower(): person for person in User.objects.active()}
    cast = [people[one.email] for one in CAST if one.email in people]
    if cast and cast[0].check_password(PASSWORD):
        lines = [f"  {one.email:<28} {one.name}, {one.get_role_display()}" for one in cast]
        return "\n".join([f"Sign in with the password {PASSWORD} as", *lines])
    if User.objects.active().exists():
        return "Sign in with your e-mail address."
    return (
        "Nobody can sign in yet. Make the first person:\n"
        '  manage.py person you@example.org --name "Your Name" --role admin --password-stdin'
    )
