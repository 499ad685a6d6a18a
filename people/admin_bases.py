"""Pages of the admin for what actions own: found and read there, never typed over."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from pages.fields import LineField, ParagraphField, SignedField, WholeField

#: How the admin reads words and numbers: as every other page does.
FIELDS: dict[Any, dict[str, Any]] = {
    # Before their parents, whose field would not take what these ask for.
    models.SlugField: {},
    models.EmailField: {},
    models.CharField: {"form_class": LineField},
    models.TextField: {"form_class": ParagraphField},
    models.SmallIntegerField: {"form_class": SignedField},
    models.PositiveSmallIntegerField: {"form_class": WholeField},
    models.PositiveIntegerField: {"form_class": WholeField},
}


class FoundByWords(admin.ModelAdmin[Any]):
    """Found by words however they are written, as on every other page."""

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """The fields, those with a sign before them apart, by our own look-up."""
        fields = super().get_search_fields(request)
        return [one if one.startswith("=") else f"{one}__says" for one in fields]


class ReadOnlyAdmin(FoundByWords):
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
