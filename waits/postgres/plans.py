"""Which statements the server keeps with their plans: those of ``prepared``, and no others."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import base
from psycopg._preparing import Prepare, PrepareManager
from psycopg.errors import FeatureNotSupported
from psycopg.pq.abc import PGresult

#: Of psycopg's counting: no statement is prepared for having been asked often.
ONLY_WHERE_ASKED = 2**31
#: Statements a connection keeps; more than there are prepared queries.
KEPT = 1_000


class Plans(PrepareManager):
    """Keeps what is prepared when a transaction is undone, as the server does.

    psycopg forgets it, for something it names may have been made in that transaction. Endstate
    makes tables only where it migrates; a refusal undoes a transaction many times an hour.
    """

    is_undoing = False

    def _should_discard(self, prep: Prepare, results: Sequence[PGresult], *more: Any) -> bool:
        if any((one.command_status or b"").startswith(b"ROLLBACK") for one in results):
            return False
        return super()._should_discard(prep, results, *more)

    def clear(self) -> bool:
        """Forget everything, unless a transaction is just being undone."""
        return False if self.is_undoing else super().clear()


class Preparing(base.ServerBindingCursor):  # type: ignore[misc]
    """Has the server keep each statement with its plan, for as long as the connection lasts."""

    def execute(self, query: Any, params: Any = None, **named: Any) -> Any:
        """As ever; the values travel apart from the text.

        A column that another version gave another type makes a kept statement useless, which
        PostgreSQL says once: then all of them are prepared anew.
        """
        try:
            return super().execute(query, params, prepare=True, **named)  # type: ignore[misc]
        except FeatureNotSupported:
            self.connection._prepared.clear()  # type: ignore[attr-defined]
            raise
