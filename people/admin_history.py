"""Who acts in the admin, and what its history says of it."""

from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from people.models import User

#: So many characters of a value stand in a history.
SAID = 80


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
