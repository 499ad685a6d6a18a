"""Pages of the admin for what actions own: found and read there, never typed over."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Seen and searched; never added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are written by actions only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are written by actions only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The books are never shortened."""
        return False


class ActedOnAdmin(ReadOnlyAdmin):
    """The same, with actions of the list that call actions of the app."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list has its actions; a single row is read."""
        return obj is None
