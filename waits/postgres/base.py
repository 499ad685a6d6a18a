"""Django's PostgreSQL backend whose every wait ends: ``ENGINE`` of the settings.

The server keeps ``lock_timeout`` and ``statement_timeout``, the kernel notices a peer that is gone;
this also holds where neither can: a server that is frozen, behind a unix socket or a proxy.
"""

from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base
from psycopg import IsolationLevel
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

from waits.limits import current
from waits.outage import NoAnswer, outage
from waits.restoring import KEYS, MARK, Restoring, restored


class Connection(psycopg.Connection[Any]):
    """A connection that is closed when the server does not answer within the process's limit."""

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


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects with the limits of the process, and trusts no connection older than an outage."""

    _outages = 0

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

    def init_connection_state(self) -> None:
        """As Django does, and the limits the server keeps; raises ``Restoring`` while that is so.

        Set by a statement: PgBouncer refuses them as parameters of the connection.
        """
        super().init_connection_state()
        limits = current()
        if limits.statement_s and self.connection is not None:
            with self.connection.cursor() as cursor:
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

    def is_usable(self) -> bool:
        """Whether the connection answers, and nobody waited in vain since it was made."""
        if current().answer_s and self._outages != outage.count:
            return False
        return bool(super().is_usable())
