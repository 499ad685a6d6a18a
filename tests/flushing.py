"""Who the tests are to the database, and how its tables are as migrated again after a test.

The database is made by the owner of its schema. Tests sign in as the role that the product works
as, so that what production may not do fails here; those marked ``owner`` as the owner.
"""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from config.env import env
from config.roles import as_owner
from tests.copying import Copy

#: What a test signs in with: the whole choice, in the environment of ``tests.servers``.
OWNER, APPLICATION = "DATABASE_OWNER_URL", "DATABASE_APPLICATION_URL"
FIRST_NUMBER = 700_000
#: The record of the migrations, which a flush leaves alone.
NOT_FLUSHED = {"django_migrations"}


class Migrated:
    """The rows that migrations laid down: policies, ladders, templates of legal clocks.

    The kinds of content among them, which keep their numbers so: a server that runs through many
    tests remembers them.
    """

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}

    def keep(self) -> None:
        """Read the rows, once, while there are no others."""
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
            for table in sorted(set(tables) - NOT_FLUSHED):
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    rows = b"".join(bytes(part) for part in copy)
                if rows:
                    self.rows[table] = rows

    def lay_down(self) -> None:
        """Write the rows into their emptied tables."""
        with connection.cursor() as cursor:
            for table, rows in self.rows.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows)


class Role:
    """The role that the running test needs; taken once the database is made."""

    def __init__(self) -> None:
        self.wanted = APPLICATION
        self.is_made = False

    def take(self) -> None:
        """Have this process's connection be of the wanted role, the one that is open ended."""
        if self.is_made:
            sign_in_as(self.wanted)


_copy = Copy()
_role = Role()
_migrated = Migrated()


def sign_in_as(variable: str) -> None:
    """Have what is asked of the database from here on be asked by the role of that address."""
    chosen, role = connection.settings_dict, env.db(variable)
    needed = {name: role[name] for name in ("USER", "PASSWORD")}
    if any(chosen[name] != value for name, value in needed.items()):
        connection.close()
        chosen.update(needed)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture of the test opens a connection."""
    _role.wanted = OWNER if item.get_closest_marker("owner") else APPLICATION
    _role.take()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Just before the test database is made."""
    _copy.begin()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, made and in the end dropped by its owner.

    Incidents are numbered so high that no page gives such a reference as an example.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT setval('incident_number', %s)", [FIRST_NUMBER])
        _migrated.keep()
    connection.close()
    _copy.end()
    _role.is_made = True
    _role.take()
    yield
    _role.is_made = False
    sign_in_as(OWNER)
    _copy.forget()


@pytest.fixture(autouse=True, scope="session")
def flush_past_the_append_only_triggers() -> Iterator[None]:
    """Import this into a conftest whose tests commit."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(self: TransactionTestCase) -> None:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            call_command(
                "flush",
                verbosity=0,
                interactive=False,
                # What is laid down again has its numbers already.
                reset_sequences=False,
                inhibit_post_migrate=True,
            )
            _migrated.lay_down()

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]
