"""Takes everything that lasts out of the database as of one moment, while others go on writing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import IsolationLevel, sql

from config.backups.archive import Manifest, Writing, writing
from config.backups.ours import tables_of
from config.versions import unknown_migrations

#: Tables of this schema that a backup leaves out: what ``migrate`` notes is said apart, and what
#: the cache holds nobody misses.
LEFT_OUT = ("django_migrations", "cache")

TABLES = """
SELECT relname, ARRAY(
  SELECT attname::text FROM pg_attribute
  WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  ORDER BY attnum)
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> ALL (%s)
ORDER BY relname
"""
#: All but those that number the rows of some tables.
SEQUENCES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S' AND NOT EXISTS (
  SELECT FROM pg_depend JOIN pg_class numbered ON numbered.oid = refobjid
  WHERE objid = pg_class.oid AND classid = 'pg_class'::regclass
    AND refclassid = 'pg_class'::regclass AND numbered.relname = ANY (%s))
ORDER BY relname
"""
#: How PostgreSQL writes values, whatever the server or the role prefers.
PLAIN = (
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
)


def take_backup(path: Path) -> Manifest:
    """Write a backup to ``path`` and answer what it holds. Nobody has to wait for it.

    One snapshot for all tables. Needs only to read, no superuser and no program of PostgreSQL.
    A table that no migration made is somebody else's: it is left out, and named as such, since no
    restore would know where to put it. Raises ``OSError`` where it cannot be written, and leaves
    nothing then.
    """
    with connect() as line:
        line.isolation_level = IsolationLevel.REPEATABLE_READ
        line.read_only = True
        with line.transaction():
            for statement in PLAIN:
                line.execute(statement)
            manifest = _manifest(line)
            tables = dict(line.execute(TABLES, [list(LEFT_OUT)]).fetchall())
            # What a newer version made is not known here, so there all is taken.
            if not unknown_migrations(manifest.migrations):
                manifest.left_out = sorted(set(tables) - tables_of(manifest.migrations))
            with writing(path, manifest) as backup:
                for name, columns in tables.items():
                    if name in manifest.left_out:
                        continue
                    backup.add_table(name, columns, _lines(line, name, columns))
                backup.add_key(settings.SECRET_KEY)
                _note_sequences(line, backup)
                return backup.manifest


def connect() -> "psycopg.Connection[Any]":
    """A connection beside Django's, as the role that Django signs in as now."""
    chosen = connection.get_connection_params()
    given = {name: chosen[name] for name in chosen if name not in ("cursor_factory", "context")}
    return psycopg.connect(**given)


def _manifest(line: "psycopg.Connection[Any]") -> Manifest:
    (made_at,) = line.execute("SELECT to_char(endstate_now(), 'YYYY-MM-DD HH24:MI')").fetchone()  # type: ignore[misc]
    ran = line.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
    return Manifest(settings.VERSION, f"{made_at} UTC", ran)


def _lines(line: "psycopg.Connection[Any]", name: str, columns: list[str]) -> Iterator[bytes]:
    words = sql.SQL("COPY {} ({}) TO STDOUT").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with line.cursor() as cursor, cursor.copy(words) as copy:
        for block in copy:
            yield bytes(block)


def _note_sequences(line: "psycopg.Connection[Any]", backup: Writing) -> None:
    """Read last, so that each stands at or after what was copied."""
    for (name,) in line.execute(SEQUENCES, [backup.manifest.left_out]).fetchall():
        words = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))
        (found,) = line.execute(words).fetchall()
        backup.manifest.sequences[name] = found
