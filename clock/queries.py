"""Answers what time it is. Nothing else in Endstate may decide that."""

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """The present moment in UTC by the database's clock plus the stored offset. One query.

    It moves within a transaction (``clock_timestamp()``), so two calls may differ.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT endstate_now()")
        (moment,) = cursor.fetchone()
    return moment.astimezone(UTC)  # type: ignore[no-any-return]
