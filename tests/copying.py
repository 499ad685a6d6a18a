"""One worker migrates a test database; the others copy what it made.

Each worker of pytest-xdist has a database of its own. To migrate it costs as much as some hundred
tests, and each would come to the same tables and rows.
"""

import os

import psycopg
from django.db import connection
from psycopg import sql

#: Whoever has it makes the copy, or finds that it is there.
TURN = 0x65_6E_64_73


class Copy:
    """The copy of one run, named by the number that its workers share."""

    def __init__(self) -> None:
        self.line: psycopg.Connection | None = None
        self.name = ""
        self.is_found = False

    def begin(self) -> None:
        """Before this worker's database is made: wait for the turn, begin with the copy if any.

        Without workers nothing happens.
        """
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
        if not run:
            return
        self.name = f"migrated_{run}"
        self.line = psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)
        self.line.execute("SELECT pg_advisory_lock(%s)", [TURN])
        found = self.line.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name])
        self.is_found = found.fetchone() is not None
        if self.is_found:
            connection.settings_dict["TEST"]["TEMPLATE"] = self.name

    def end(self) -> None:
        """Once it is made: leave the copy for the others, if there was none, and give the turn."""
        if self.line is None:
            return
        if not self.is_found:
            # PostgreSQL copies what nobody is connected to.
            connection.close()
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(self.name), sql.Identifier(connection.settings_dict["NAME"])
            )
            self.line.execute(made)
        self.line.close()
        self.line = None

    def forget(self) -> None:
        """At the end of whoever made it. Who comes later migrates."""
        if self.name and not self.is_found:
            with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as line:
                line.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(self.name))
                )
