"""The bases of admin pages whose rows only actions write: read there, never typed over."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import (
    AutocompleteMixin,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
)
from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst

from pages.fields import LineField, ParagraphField, SignedField, WholeField
from pages.numbers import whole
from pages.remembering import keep_untouched, overwritten, watch

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


class Remembers:
    """A form that knows what it was opened with, as those of every other page."""

    fields: dict[str, forms.Field]
    instance: Any

    def __getitem__(self, name: str) -> forms.BoundField:
        """A field of a row that there is, which carries what it was opened with."""
        if name in self.fields and self.instance.pk:
            watch(self, name)  # type: ignore[arg-type]
        return super().__getitem__(name)  # type: ignore[misc, no-any-return]

    def _clean_form(self) -> None:
        """Keep what others changed and nobody typed over here; the rest is refused once.

        Of a row that is made now nobody has changed anything.
        """
        if self.instance.pk:
            keep_untouched(self, self.cleaned_data)  # type: ignore[arg-type, attr-defined]
        if self.instance.pk and not self.errors:  # type: ignore[attr-defined]
            for name, words in overwritten(self).items():  # type: ignore[arg-type]
                said = f"Meanwhile it became: {words}. Saved again, what you typed counts."
                self.add_error(name, said)  # type: ignore[attr-defined]
        super()._clean_form()  # type: ignore[misc]


class RowForm(Remembers, forms.ModelForm[Any]):
    """The form of one row below a page."""


MOST_ROWS = 100


class Rows(forms.BaseInlineFormSet[Any, Any, Any]):
    """The rows below a page: what cannot be kept is said at its row, and nothing typed is lost."""

    once: tuple[str, ...] = ()
    """The fields that together no two rows below one page share."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Nobody writes a ladder of more steps; a page of a thousand empty ones takes seconds.
        self.max_num = self.absolute_max = MOST_ROWS

    @cached_property
    def management_form(self) -> Any:
        """How many rows there are; fewer than none is a count that no page sends."""
        counted = super().management_form
        names = ("TOTAL_FORMS", "INITIAL_FORMS")
        if self.is_bound and any((counted.cleaned_data.get(name) or 0) < 0 for name in names):
            counted.add_error(None, "There are no fewer rows than none.")
            counted.cleaned_data.update(dict.fromkeys(names, 0))
        return counted

    def clean(self) -> None:
        """Say at its row what somebody else removed or wrote meanwhile."""
        super().clean()
        key = self.fk.model._meta.pk.name
        for form in self.forms:
            if key in form.errors:
                del form.errors[key]
                form.add_error(
                    None,
                    "Somebody removed this row meanwhile. Tick “Delete?” to let it go, or load "
                    "the page again and add it anew.",
                )
        if self.once and not any(self.errors):
            self._check_once()

    def _check_once(self) -> None:
        shown = {form.instance.pk for form in self.forms if form.instance.pk}
        others = self.fk.model._default_manager.filter(**{self.fk.name: self.instance})
        taken = set(others.exclude(pk__in=shown).values_list(*self.once))
        for form in self.forms:
            data = form.cleaned_data
            if data and not data.get("DELETE") and tuple(data[name] for name in self.once) in taken:
                form.add_error(self.once[-1], "Somebody added this step meanwhile. Name it apart.")


class Chosen(AutocompleteMixin):
    """A choice that was typed into an address or a form by hand, and is no key, is none."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        """While nothing is chosen it says what is asked for, which is its name for who hears it."""
        attrs: dict[str, Any] = super().build_attrs(base_attrs, extra_attrs)
        return {**attrs, "data-placeholder": f"{capfirst(self.field.verbose_name)}: type to find"}

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """What is shown as chosen."""
        return super().optgroups(name, [one for one in value if whole(one) is not None], attr)


class ChosenOne(Chosen, AutocompleteSelect):
    """One of many, found while one types."""


class ChosenSome(Chosen, AutocompleteSelectMultiple):
    """Some of many, found while one types."""


def named(words: Callable[[str], str]) -> type[admin.AllValuesFieldListFilter]:
    """A filter that shows each value of its field in ``words``, and *not said* for none."""

    class Named(admin.AllValuesFieldListFilter):
        def choices(self, changelist: Any) -> Iterator[Any]:
            for place, one in enumerate(super().choices(changelist)):
                said = words(str(one["display"])) if place and one["display"] else one["display"]
                yield {**one, "display": said or "not said"}

    return Named


def spaced(word: str) -> str:
    """A name that programs use, as words: ``all_clear`` is *all clear*."""
    return word.replace("_", " ")


class FoundByWords(admin.ModelAdmin[Any]):
    """Found by words however they are written, as on every other page."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The field, with our widget where one types to find."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ChosenOne(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The same for several."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ChosenSome(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form of the page, which remembers what it was opened with."""
        form = super().get_form(request, obj, change, **kwargs)
        return form if issubclass(form, Remembers) else type(form.__name__, (Remembers, form), {})

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *rest: Any, **named: Any
    ) -> Any:
        """The pages of a list; a history begins with the newest."""
        if getattr(queryset, "model", None) is LogEntry:
            queryset = queryset.order_by("-action_time", "-pk")
        return super().get_paginator(request, queryset, per_page, *rest, **named)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """The fields, those with a sign before them apart, by our own look-up."""
        fields = super().get_search_fields(request)
        return [one if one.startswith("=") else f"{one}__says" for one in fields]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """The list by its name; a date that nobody can mean shows it without its filters."""
        try:
            found = super().get_changelist_instance(request)
        except OverflowError as error:
            raise IncorrectLookupParameters(error) from error
        found.title = capfirst(str(self.opts.verbose_name_plural))
        return found


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
