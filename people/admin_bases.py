"""The bases of admin pages whose rows only actions write: read there, never typed over."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from pages.fields import LineField, ParagraphField

#: How the admin reads words: as every other page does.
TEXT_FIELDS: dict[Any, dict[str, Any]] = {
    # Before its parent, whose field would not take what a slug asks for.
    models.SlugField: {},
    models.CharField: {"form_class": LineField},
    models.TextField: {"form_class": ParagraphField},
}


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
