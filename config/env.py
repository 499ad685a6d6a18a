"""Reading what the environment sets; which settings there are stands in ``config.settings``."""

import os
import stat
from typing import Any
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured

from pages.numbers import whole
from running.given import Unreadable, read_secret_files
from running.places import data_folder
from waits.limits import CONNECT_S, SILENT_PEER

env = environ.Env()
try:
    read_secret_files()
except Unreadable as unreadable:
    raise ImproperlyConfigured(str(unreadable)) from None


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


def one_of(name: str, found: str, *choices: str) -> str:
    """What the setting ``name`` is, one of some words; the first where it is not set."""
    found = found or choices[0]
    if found not in choices:
        raise ImproperlyConfigured(f"{name} is one of {', '.join(choices)}; it is {found!r}.")
    return found


#: What ``RETENTION_DAYS`` may name, with the days where it does not.
KEPT_DAYS = {"deliveries": 90, "samples": 30}
MOST_DAYS = 3650


def days_kept() -> dict[str, int]:
    """``RETENTION_DAYS``, as ``deliveries=30,samples=7``; one number alone is of deliveries."""
    found = dict(KEPT_DAYS)
    for part in filter(
        None, (one.strip() for one in env.str("RETENTION_DAYS", default="").split(","))
    ):
        name, is_named, days = part.rpartition("=")
        name = name.strip() if is_named else "deliveries"
        number = whole(days.strip())
        if name not in found or number is None or not 1 <= number <= MOST_DAYS:
            raise ImproperlyConfigured(
                f"RETENTION_DAYS holds {part!r}. It is days from 1 to {MOST_DAYS}, such as "
                "deliveries=90,samples=30."
            )
        found[name] = number
    return found


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
