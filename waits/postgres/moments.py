"""Reads moments as the server writes them, ten times faster than by a pattern."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap

#: How a moment ends on a connection whose zone is UTC, as each of ours is.
AT_ZERO = b"+00"


class MomentLoader(BaseTzLoader):  # type: ignore[misc]
    """A ``timestamptz`` as a ``datetime`` in UTC; what is written otherwise is left to Django."""

    timezone = UTC

    def load(self, data: Buffer) -> datetime:
        """The moment. Raises ``psycopg.DataError`` for one that Python cannot hold."""
        text = bytes(data)
        if text.endswith(AT_ZERO):
            try:
                return datetime.fromisoformat(text.decode())
            except ValueError:
                pass
        moment: datetime = super().load(data)
        return moment


@lru_cache
def with_moments(adapters: Any, zone: tzinfo | None) -> AdaptersMap:
    """``adapters`` with that loader, where moments are read in UTC."""
    own = AdaptersMap(adapters)
    if zone is UTC:
        own.register_loader("timestamptz", MomentLoader)
    return own
