"""The pytest plugin that starts one real PostgreSQL and one real Valkey for the whole run.

Loaded with ``-p tests.servers`` before Django's settings are read; the controller starts the
pair and the workers of xdist find it in the environment. Who the tests are to the database stands
in ``tests.flushing``.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from running.embedded import Servers
from running.given import SECRETS

#: What a test run must not inherit from whoever starts it.
NEUTRAL = {
    "EMAIL_URL": "",
    "OIDC_ISSUER": "",
    "OIDC_DOMAINS": "",
    "OIDC_GROUPS": "",
    "OIDC_RECHECK_HOURS": "12",
    "ADMIN_MFA": "",
    "SENTRY_DSN": "",
    "HEARTBEAT_URL": "",
    "METRICS_TOKEN": "",
    "PROMETHEUS_URL": "",
    "TRUSTED_PROXIES": "0",
    "BASE_URL": "http://127.0.0.1:8000",
    "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    "SECRET_KEY": "only-for-tests-and-long-enough-to-satisfy-the-deployment-check-0123456789",
}

#: The other settings, as if nobody had ever said them, and the files that would say them.
UNSAID = (
    *("API_CALLS_A_MINUTE", "DEBUG", "DEFAULT_FROM_EMAIL", "LOG_FORMAT", "LOG_LEVEL"),
    *("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OUTGOING_ALLOW", "POSTGRES_PASSWORD"),
    *("RETENTION_DAYS", "SIGNUP_OPEN", "TIME_ZONE"),
    *(f"{name}_FILE" for name in SECRETS),
)
#: What is the run's own.
OWN = ("DATABASE_URL", "DATABASE_OWNER_URL", "ENDSTATE_DATA", "REDIS_URL")

_servers: Servers | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the servers in the controller and export where they are."""
    global _servers
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    folder = Path(tempfile.mkdtemp(prefix="endstate-test-"))
    _servers = Servers(folder, careless=True, with_parent=True)
    _servers.start()
    os.environ.update(
        NEUTRAL,
        ENDSTATE_DATA=str(folder),
        DATABASE_URL=_servers.owner_url,
        DATABASE_OWNER_URL=_servers.owner_url,
        DATABASE_APPLICATION_URL=_servers.database_url,
        REDIS_URL=_servers.redis_url,
    )
    for name in UNSAID:
        os.environ.pop(name, None)


def address_of(database: Mapping[str, Any]) -> str:
    """``DATABASE_URL`` for another process that works where this one does."""
    who = f"{database['USER']}:{database['PASSWORD']}"
    return (
        f"postgres://{who}@{quote(database['HOST'], safe='')}:{database['PORT']}/{database['NAME']}"
    )


def pytest_unconfigure() -> None:
    """Stop what was started here and leave nothing behind."""
    global _servers
    if _servers is not None:
        with contextlib.suppress(OSError):
            _servers.stop(even_if_used=True)
        shutil.rmtree(_servers.data, ignore_errors=True)
        _servers = None
