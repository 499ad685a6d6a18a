"""Whether a database was made by this version of Endstate, or by one it can take over from.

The first migrations were written anew for 0.1.0, and none has been rewritten since; so what a
database remembers and no file says is of a version before that, or of a newer one.
"""

from collections.abc import Iterable
from pathlib import Path

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from running.places import ROOT


class OtherVersion(ImproperlyConfigured):
    """The database was made by a version that this one cannot take over from; says what to do."""


def insist_on_known_migrations() -> None:
    """Raise ``OtherVersion`` if a migration of ours was applied that no file here describes.

    Reads ``django_migrations`` where there is one, and changes nothing. Migrations of libraries
    are not looked at: a library may squash its own.
    """
    unknown = unknown_migrations(MigrationLoader(connection).applied_migrations)
    if unknown:
        others = f" and {len(unknown) - 1} more are" if unknown[1:] else " is"
        raise OtherVersion(
            f"this database was made by another version of Endstate ({unknown[0]}{others} not "
            "known here), and nothing in it was changed. Go on with that version; or make a "
            "backup with it, and start this one on a new --data folder (with DATABASE_URL: on a "
            "new database)."
        )


def unknown_migrations(ran: Iterable[tuple[str, str]]) -> list[str]:
    """The names of those of our migrations among ``ran`` that no file here describes."""
    ours = {one.label for one in apps.get_app_configs() if is_ours(Path(one.path))}
    here = MigrationLoader(None).disk_migrations
    return sorted(
        f"{label}.{name}" for label, name in ran if label in ours and (label, name) not in here
    )


def is_ours(path: Path) -> bool:
    """Whether an app at ``path`` belongs to the product and not to a library."""
    return path.parent == ROOT
