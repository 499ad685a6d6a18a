"""Puts a backup in the place of what the database holds, in one transaction, while nobody works.

The steps: the schema as it was when the backup was made, empty; the rows; the sequences. What a
later version added to the schema is then migrated as at any upgrade.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from config.backups.archive import Backup, Manifest, Unusable
from config.backups.ours import tables_of
from config.backups.taking import LEFT_OUT, PLAIN, SEQUENCES, TABLES, connect
from config.roles import as_owner
from config.versions import insist_on_known_migrations, unknown_migrations
from incidents.record.models import Incident
from waits.restoring import KEYS

#: Whoever works is sent away twice: who was just coming in may have asked before the lock was held.
SEND_AWAY = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> ALL (%s)
"""
#: What migrations made beside tables: routines, and sequences that number no rows of a table.
DROP_WHAT_IS_LEFT = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
      WHERE p.pronamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', one.name); END LOOP;
  FOR one IN SELECT c.oid::regclass AS name FROM pg_class c
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S'
        AND NOT EXISTS (SELECT FROM pg_depend d
          WHERE d.objid = c.oid AND d.deptype IN ('a', 'i', 'e') OR d.refobjid = c.oid)
  LOOP EXECUTE format('DROP SEQUENCE %s', one.name); END LOOP;
END $$
"""


class NotRestored(Exception):
    """The database may not be replaced; says why in a sentence. Nothing was changed."""


def check_version(manifest: Manifest) -> None:
    """Refuse (``Unusable``) what a newer version made: its tables are not known here."""
    unknown = unknown_migrations(manifest.migrations)
    if unknown:
        raise Unusable(
            f"the backup was made by a newer version of Endstate ({manifest.version}; {unknown[0]} "
            "is not known here). Restore it with that version."
        )


def restore(backup: Backup, *, replaces: bool) -> None:
    """Have our tables hold what the backup does, and nothing else. All of it or nothing.

    Refuses (``NotRestored``) to replace incidents unless ``replaces`` says so, and while somebody
    else restores. Pages answer 503 meanwhile, the others wait; their connections are ended. Signs
    in as the schema's owner. Raises ``Unusable``, and ``OtherVersion`` for a database that this
    version cannot take over.
    """
    check_version(backup.manifest)
    _insist_on_empty(replaces=replaces)
    application = connect()
    application.autocommit = True
    try:
        with as_owner(), _nobody_else(application):
            insist_on_known_migrations()
            # Who wrote meanwhile was not counted before.
            _insist_on_empty(replaces=replaces)
            with transaction.atomic():
                _make_schema(backup.manifest)
                _fill(backup)
                _set_sequences(backup.manifest)
            call_command("migrate", verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)
    finally:
        application.close()


def _insist_on_empty(*, replaces: bool) -> None:
    is_there = "incidents_incident" in connection.introspection.table_names()
    count = Incident.objects.count() if is_there else 0
    if count and not replaces:
        words = "an incident" if count == 1 else f"{count} incidents"
        raise NotRestored(
            f"the database holds {words}, which a restore would throw away. Take a backup of it "
            "first; then say --replace."
        )


@contextmanager
def _nobody_else(application: "psycopg.Connection[Any]") -> Iterator[None]:
    """Keep everybody out: by the lock that new connections ask for, and by ending the others.

    The lock is a transaction's, so that it also holds through a pooler.
    """
    with connect() as owner, owner.transaction():
        row = owner.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", KEYS).fetchone()
        if row is None or not row[0]:
            raise NotRestored("somebody else is restoring a backup into this database.")
        connection.ensure_connection()
        assert connection.connection is not None
        ours = [one.info.backend_pid for one in (application, owner, connection.connection)]
        for _ in range(2):
            for line in (application, owner):
                line.execute(SEND_AWAY, [ours])
        yield


def _make_schema(manifest: Manifest) -> None:
    """The tables as the backup knows them, all empty."""
    loader = MigrationLoader(connection)
    here = set(loader.disk_migrations)
    wanted = set(manifest.migrations) & here
    applied = set(loader.applied_migrations)
    if applied & here != wanted:
        with connection.cursor() as cursor:
            for name in _ours(cursor, applied):
                cursor.execute(sql.SQL("DROP TABLE {} CASCADE").format(name))  # type: ignore[arg-type]
            cursor.execute(DROP_WHAT_IS_LEFT)
        executor = MigrationExecutor(connection)
        executor.migrate(_ends_of(executor, wanted))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.cursor() as cursor:
        names = _ours(cursor, wanted, but=["django_migrations"])
        # The record refuses to be emptied; who owns it may tell it not to, within this step.
        with _without_triggers(names):
            cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names)))  # type: ignore[arg-type]


def _ours(
    cursor: CursorWrapper, ran: Iterable[tuple[str, str]], but: Sequence[str] = ()
) -> list[sql.Identifier]:
    """The tables that are there and ours, the notes of migrations and the cache among them."""
    ours = {*tables_of(ran), *LEFT_OUT}
    cursor.execute(TABLES, [list(but)])
    return [sql.Identifier(name) for name, _ in cursor.fetchall() if name in ours]


def _ends_of(executor: MigrationExecutor, wanted: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """The migrations of ``wanted`` on which no other of the same app rests, in a fixed order."""
    graph = executor.loader.graph
    return sorted(
        key
        for key in wanted
        if not any(
            child.key in wanted and child.key[0] == key[0] for child in graph.node_map[key].children
        )
    )


@contextmanager
def _without_triggers(names: list[sql.Identifier]) -> Iterator[None]:
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))  # type: ignore[arg-type]
        yield
        for name in names:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))  # type: ignore[arg-type]


def _fill(backup: Backup) -> None:
    """Copy every row; what points at what is checked at the end."""
    tables = backup.manifest.tables
    with connection.cursor() as cursor:
        for statement in PLAIN:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(TABLES, [list(LEFT_OUT)])
        there = {name: set(columns) for name, columns in cursor.fetchall()}
        for name, table in tables.items():
            if set(table.columns) - there.get(name, set()):
                raise Unusable(
                    f"the backup holds a table {name} that no migration named in it makes."
                )
        found = dict.fromkeys(tables, 0)
        for name, lines in backup.parts():
            columns = map(sql.Identifier, tables[name].columns)
            words = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(name), sql.SQL(", ").join(columns)
            )
            with cursor.copy(words) as copy:  # type: ignore[attr-defined]
                copy.write(lines)
            found[name] += cursor.rowcount
        short = [name for name in tables if found[name] != tables[name].rows]
        if short:
            raise Unusable(f"the backup does not hold every row of {short[0]}.")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _set_sequences(manifest: Manifest) -> None:
    """Go on counting where the backup did."""
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES, [[]])
        there = {name for (name,) in cursor.fetchall()}
        for name, (last, is_called) in manifest.sequences.items():
            if name in there:
                cursor.execute(
                    "SELECT setval(%s::regclass, %s, %s)", [f'"{name}"', last, is_called]
                )
