"""`manage.py migrate`, by the role that owns the schema."""

from typing import Any

from django.core.management.commands import migrate

from config.roles import as_owner
from config.versions import insist_on_known_migrations


class Command(migrate.Command):
    """Django's command, for a database of this version or an earlier one.

    Whoever else is named by ``DATABASE_URL`` may not change the schema.
    """

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate as the owner; raises ``OtherVersion`` before anything is changed."""
        with as_owner():
            insist_on_known_migrations()
            return super().handle(*args, **options)
