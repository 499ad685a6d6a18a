"""The bases of admin pages whose rows only actions write: read there, never typed over."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from pages.fields import LineField, ParagraphField
from people.models import User

#: So many characters of a value stand in a history.
SAID = 80

#: How the admin reads words: as every other page does.
TEXT_FIELDS: dict[Any, dict[str, Any]] = {
    # Before its parent, whose field would not take what a slug asks for.
    models.SlugField: {},
    models.CharField: {"form_class": LineField},
    models.TextField: {"form_class": ParagraphField},
}


def manager(request: HttpRequest) -> User:
    """The signed-in manager; the admin lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


class SaysWhat:
    """A page whose history says of each changed field from what to what."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """What Django would say, with the values."""
        message = super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]
        for said in message if isinstance(message, list) else ():
            if "changed" in said and "name" not in said["changed"]:
                said["changed"]["fields"] = [_from_to(form, name) for name in form.changed_data]
        return message


def _from_to(form: Any, name: str) -> str:
    field = form.fields[name]
    before = form.get_initial_for_field(field, name)
    after = form.cleaned_data.get(name)
    label = str(field.label or name).lower()
    return f"{label} from {_said(field, before)} to {_said(field, after)}"


def _said(field: Any, value: Any) -> str:
    if isinstance(value, QuerySet | list | tuple):
        return ", ".join(_said(field, one) for one in value) or "nobody"
    if value in (None, ""):
        return "nobody" if hasattr(field, "queryset") else "nothing"
    if hasattr(field, "queryset") and not isinstance(value, models.Model):
        value = field.queryset.model._default_manager.filter(pk=value).first() or value
    words = str(dict(getattr(field, "choices", ())).get(value, value) if _chosen(field) else value)
    return words if len(words) <= SAID else f"{words[:SAID]}…"


def _chosen(field: Any) -> bool:
    return hasattr(field, "choices") and not hasattr(field, "queryset")


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
