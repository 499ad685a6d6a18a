"""Settings that are secrets and come as files: ``NAME_FILE`` names the file that holds ``NAME``.

It imports no library: `up` needs it before anything else is loaded.
"""

import os
from pathlib import Path

#: Every setting that may hold a password, a key or a token.
SECRETS = (
    *("SECRET_KEY", "DATABASE_URL", "DATABASE_OWNER_URL", "POSTGRES_PASSWORD", "REDIS_URL"),
    *("EMAIL_URL", "METRICS_TOKEN", "OIDC_CLIENT_SECRET", "SENTRY_DSN", "HEARTBEAT_URL"),
    "PROMETHEUS_URL",
)


class Unreadable(Exception):
    """A setting was given as a file that does not give it; says which and why."""


def read_secret_files() -> None:
    """Take what the files say into the environment, without the line's end. Twice is once.

    Raises ``Unreadable`` for a file that cannot be read or is empty, and where the setting is given
    both ways, since nobody could say which one counts.
    """
    for name in SECRETS:
        path = os.environ.pop(f"{name}_FILE", "")
        if not path:
            continue
        if os.environ.get(name):
            raise Unreadable(f"{name} and {name}_FILE are both set. Set one of them.")
        try:
            words = Path(path).read_text().rstrip("\r\n")
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise Unreadable(f"{name}_FILE names {path}, which cannot be read: {reason}.") from None
        if not words:
            raise Unreadable(f"{name}_FILE names {path}, which is empty.")
        os.environ[name] = words
