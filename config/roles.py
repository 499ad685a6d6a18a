"""The two roles of the database: who owns the schema and its triggers, and who works with it.

How the embedded database gets them stands in ``running.cluster``; ``docs/operations.md`` says how
one's own does.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

UNPROTECTED = (
    "The application owns its tables, so it could take the record's triggers away. "
    "Set DATABASE_OWNER_URL to the role that owns them, and DATABASE_URL to one that does not."
)
OWNS = """
SELECT bool_or(pg_has_role(current_user, relowner, 'MEMBER')) FROM pg_class
WHERE oid = to_regclass('incidents_timelineentry')
"""


@contextmanager
def as_owner() -> Iterator[None]:
    """What is asked of the database inside, the schema's owner asks (``DATABASE_OWNER_URL``).

    Opens a new connection before and after, so nothing may be under way. Within itself, and where
    the setting is missing, it changes nothing. For commands that run alone in their process.
    """
    chosen = connection.settings_dict
    ours = {name: chosen[name] for name in settings.DATABASE_OWNER}
    if ours == settings.DATABASE_OWNER:
        yield
        return
    connection.close()
    chosen.update(settings.DATABASE_OWNER)
    try:
        yield
    finally:
        connection.close()
        chosen.update(ours)


def is_owner() -> bool:
    """Whether this process's role could alter the record's table. One query."""
    with connection.cursor() as cursor:
        cursor.execute(OWNS)
        return bool(cursor.fetchone()[0])
