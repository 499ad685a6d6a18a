"""`manage.py createcachetable`, by the role that owns the schema."""

from typing import Any

from django.core.management.commands import createcachetable

from config.roles import as_owner


class Command(createcachetable.Command):
    """Django's command; whoever else is named by ``DATABASE_URL`` may not make tables."""

    def handle(self, *args: Any, **options: Any) -> Any:
        """Make the table as the owner."""
        with as_owner():
            return super().handle(*args, **options)
