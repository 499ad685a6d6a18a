"""Lets Django's classes that are generic only to the type checker be subscripted when it runs."""

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.db.models import Lookup
from django.forms.models import BaseModelForm, BaseModelFormSet, ModelChoiceField
from django.views.generic.base import View


def allow_subscripts() -> None:
    """Make ``ModelForm[Incident]`` mean ``ModelForm``. Twice is once."""
    for generic in (
        *(BaseModelForm, BaseModelFormSet, ModelChoiceField, BaseModelAdmin, Lookup, View),
    ):
        generic.__class_getitem__ = classmethod(_itself)  # type: ignore[union-attr]


def _itself(cls: type[Any], *_: Any) -> type[Any]:
    return cls
