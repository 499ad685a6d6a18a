"""Django's PostgreSQL backend whose every wait ends, and which can keep plans: ``ENGINE``.

The server keeps ``lock_timeout`` and ``statement_timeout``, the kernel notices a peer that is gone;
this also holds where neither can: a server that is frozen, behind a unix socket or a proxy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base, operations
from psycopg import IsolationLevel
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

from waits.limits import current
from waits.outage import NoAnswer, outage
from waits.postgres.moments import with_moments
from waits.postgres.plans import KEPT, ONLY_WHERE_ASKED, Plans, Preparing
from waits.restoring import KEYS, MARK, Restoring, restored


class Connection(psycopg.Connection[Any]):
    """A connection that is closed when the server does not answer within the process's limit."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._prepared: Plans = Plans()

    def _rollback_gen(self) -> PQGen[None]:
        self._prepared.is_undoing = True
        try:
            yield from super()._rollback_gen()
        finally:
            self._prepared.is_undoing = False

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for one answer; raises ``NoAnswer`` after ``Limits.answer_s``."""
        limit_s = current().answer_s
        if timeout is not None or not limit_s:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, limit_s)
        except _WaitTimeout:
            # What comes after all would be taken for the answer to the next question.
            self.pgconn.finish()
            outage.notice()
            raise NoAnswer(f"the database said nothing for {limit_s:g} s") from None


class Operations(operations.DatabaseOperations):
    """As Django's, for both kinds of cursor."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> Any:
        """The statement with its values, for logs; a prepared one was sent without them."""
        if isinstance(cursor, Preparing):
            return self.compose_sql(sql, params)
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects with the limits of the process, and trusts no connection older than an outage."""

    ops_class = Operations
    _outages = 0
    _is_pooled = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Connect within ``CONNECT_S``; raises at once while the server is known to be silent."""
        options = self.settings_dict["OPTIONS"]
        if "pool" in options or "isolation_level" in options:
            raise ImproperlyConfigured("DATABASE_URL may set neither pool nor isolation_level.")
        self.isolation_level = IsolationLevel.READ_COMMITTED
        if not current().answer_s:
            return Connection.connect(**conn_params)
        with outage.connecting():
            self._outages = outage.count
            return Connection.connect(**conn_params)

    def get_connection_params(self) -> dict[str, Any]:
        """As Django does; only what asks for it is prepared, and all of that is kept."""
        asked = super().get_connection_params()
        return {
            **asked,
            "prepare_threshold": ONLY_WHERE_ASKED,
            "context": with_moments(asked["context"], self.timezone),
        }

    def init_connection_state(self) -> None:
        """As Django does, and the limits the server keeps; notices a pooler in between.

        Raises ``Restoring`` while a backup is being restored. Set by a statement: PgBouncer refuses
        them as parameters of the connection. It also tells a process id of its own, and may answer
        the next statement by another server process, which knows nothing of what this one keeps.
        """
        super().init_connection_state()
        limits = current()
        if self.connection is None:
            return
        self.connection.prepared_max = KEPT
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self._is_pooled = cursor.fetchone() != (self.connection.info.backend_pid,)
            if limits.statement_s:
                cursor.execute(
                    "SELECT set_config('lock_timeout', %s, false),"
                    " set_config('statement_timeout', %s, false),"
                    f" pg_try_advisory_xact_lock_shared(%s, %s), {MARK}",
                    [f"{limits.lock_s:g}s", f"{limits.statement_s:g}s", *KEYS],
                )
                *_, is_free, mark = cursor.fetchone()
                if not is_free:
                    self.close()
                    raise Restoring("a backup is being restored")
                restored.notice(mark)

    @contextmanager
    def preparing(self) -> Iterator[Any]:
        """A cursor whose statements the server keeps with their plans, where that is possible."""
        self.ensure_connection()
        connection: Any = self.connection
        ordinary = connection.cursor_factory
        if not self._is_pooled:
            connection.cursor_factory = Preparing
        try:
            cursor = self.cursor()
        finally:
            connection.cursor_factory = ordinary
        with cursor:
            yield cursor

    def is_usable(self) -> bool:
        """Whether the connection answers, and nobody waited in vain since it was made."""
        if current().answer_s and self._outages != outage.count:
            return False
        return bool(super().is_usable())
