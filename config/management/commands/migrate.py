"""`manage.py migrate`, by the role that owns the schema."""

from typing import Any

from django.core.management.commands import migrate

from config.roles import as_owner


class Command(migrate.Command):
    """Django's command; whoever else is named by ``DATABASE_URL`` may not change the schema."""

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate as the owner."""
        with as_owner():
            return super().handle(*args, **options)
