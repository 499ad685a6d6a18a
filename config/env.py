"""Reading what the environment sets; which settings there are stands in ``config.settings``."""

import os
import stat
from typing import Any
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured

from running.places import data_folder
from waits.limits import CONNECT_S, SILENT_PEER

env = environ.Env()


def database_from_environment() -> dict[str, Any]:
    """``DATABASE_URL`` as Django wants it; a host that is a folder (a unix socket) may be quoted.

    Where it names no password, ``POSTGRES_PASSWORD`` is the one, every character as it is: in a
    URL some would have to be written as ``%xx``, and PostgreSQL's image wants them plain.

    Every wait for it ends: ``waits.limits`` says when.
    """
    found: dict[str, Any] = env.db(
        "DATABASE_URL", default="postgres://endstate@127.0.0.1:5432/endstate"
    )
    options = {"connect_timeout": CONNECT_S, **SILENT_PEER, **found.pop("OPTIONS", {})}
    return {
        **found,
        "ENGINE": "waits.postgres",
        "HOST": unquote(found["HOST"]),
        "PASSWORD": found["PASSWORD"] or env.str("POSTGRES_PASSWORD", default=""),
        "OPTIONS": options,
    }


def owner_from_environment() -> dict[str, Any]:
    """Who migrates and restores: ``DATABASE_OWNER_URL``, or the one role there is.

    The name of the database is left out: it is always the one everything else uses.
    """
    if not os.environ.get("DATABASE_OWNER_URL"):
        return {}
    found: dict[str, Any] = env.db("DATABASE_OWNER_URL")
    host = unquote(found["HOST"])
    return {"HOST": host, **{name: found[name] for name in ("USER", "PASSWORD", "PORT")}}


def secret_key() -> str:
    """``SECRET_KEY``, else the one that ``up`` wrote into the data folder, else a refusal."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = data_folder() / "secret_key"
    if path.is_file():
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ImproperlyConfigured(f"{path} must be readable by its owner only (chmod 600).")
        return path.read_text().strip()
    raise ImproperlyConfigured(
        "SECRET_KEY is not set and the data folder holds none. Set SECRET_KEY to at least 50 "
        "random characters, or start once with `manage.py up`, which writes one (ENDSTATE_DATA)."
    )
