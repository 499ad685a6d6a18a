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
#: Set by whoever starts pytest again and again and lends it a pair that runs already.
LENT = "ENDSTATE_SERVERS_LENT"
#: What is the run's own.
OWN = ("DATABASE_URL", "DATABASE_OWNER_URL", "ENDSTATE_DATA", "REDIS_URL")

_servers: Servers | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the servers in the controller and export where they are."""
    global _servers
    if os.environ.get("PYTEST_XDIST_WORKER") or os.environ.get(LENT):
        return
    _servers = start_pair()
    os.environ.update(environment_of(_servers))
    for name in UNSAID:
        os.environ.pop(name, None)


def start_pair() -> Servers:
    """Start one PostgreSQL and one Valkey in a folder of their own."""
    servers = Servers(
        Path(tempfile.mkdtemp(prefix="endstate-test-")), careless=True, with_parent=True
    )
    servers.start()
    return servers


def environment_of(servers: Servers) -> dict[str, str]:
    """What a test run is told: where they are, and nothing of whoever starts it."""
    return {
        **NEUTRAL,
        "ENDSTATE_DATA": str(servers.data),
        "DATABASE_URL": servers.owner_url,
        "DATABASE_OWNER_URL": servers.owner_url,
        "DATABASE_APPLICATION_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
    }


def stop_pair(servers: Servers) -> None:
    """Stop the pair and leave nothing behind."""
    with contextlib.suppress(OSError):
        servers.stop(even_if_used=True)
    shutil.rmtree(servers.data, ignore_errors=True)


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
        stop_pair(_servers)
        _servers = None
