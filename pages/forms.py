"""What all forms share: a place for a refusal, and what is kept as it was."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from pages.fields import LineField, MomentField, NumberField, ParagraphField
from pages.widgets import PlainWidgets
from refusals.errors import Invalid, Refused
from waits.trouble import Trouble


class EditForm(forms.Form):
    """A form that can carry the refusal of the action it feeds.

    ``places`` says beside which field a code of ``refusals.codes`` stands; ``way_out`` is the one
    click that gets on: name, value and words of a button. ``halves`` stand two beside each other;
    ``whens`` says which choices ask for a field, the others fold it away: ``field.css`` names each.
    ``folded`` stand behind *It happened earlier*, opened where one of them is wrong.
    """

    use_required_attribute = False
    #: One for all forms, since each compiles its templates anew; the admin has widgets of its own.
    default_renderer = PlainWidgets()
    #: Two forms on one page must not share ids: a label would point at the wrong field.
    id_prefix: ClassVar[str] = "edit"
    #: Whether the form carries what it was opened with, so that only what was typed is changed, and
    #: what somebody else wrote meanwhile is never typed over unseen.
    remembers: ClassVar[bool] = False
    #: Notes and reasons, beside which the language check suggests while they are typed (P53).
    suggested_on: ClassVar[tuple[str, ...]] = (
        "because",
        "note",
        "override_reason",
        "reason",
        "why",
    )
    places: ClassVar[dict[str, str]] = {}
    halves: ClassVar[tuple[str, ...]] = ()
    whens: Mapping[str, str] = MappingProxyType({})
    folded: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        kwargs.setdefault("auto_id", f"{self.id_prefix}-%s")
        super().__init__(*args, **kwargs)
        self.refusal: Refused | Trouble | None = None
        self.way_out: tuple[str, str, str] | None = None
        self.meanwhile: dict[str, str] = {}
        for field in self.fields.values():
            field.show_hidden_initial = self.remembers
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.setdefault("rows", 2)
                field.widget.attrs.pop("cols", None)

    def clean(self) -> dict[str, Any]:
        """What nobody touched is what it was, to the last digit that the page does not show."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            if isinstance(field, MomentField | NumberField) and name in values:
                # Django's own way to it drops what is smaller than a second.
                initial = self.initial.get(name, field.initial)
                if initial is not None and name not in self.changed_data:
                    values[name] = field.to_python(initial)
        return values

    def overtaken(self) -> bool:
        """Whether somebody else changed, since the form was opened, what was typed over in it.

        Then ``meanwhile`` says by field what stands there now, and the next attempt counts on that.
        Of a valid form that remembers.
        """
        if not self.remembers:
            return False
        again = QueryDict(mutable=True)
        again.update(self.data)
        for name in self.changed_data:
            field, bound = self.fields[name], self[name]
            widget = field.hidden_widget()
            opened = widget.value_from_datadict(self.data, self.files, bound.html_initial_name)
            stands, typed = bound.initial, self.cleaned_data[name]
            if opened is None or not field.has_changed(stands, opened):
                continue
            again[bound.html_initial_name] = "" if stands is None else str(stands)
            if field.has_changed(stands, typed):
                self.meanwhile[name] = _in_words(field, stands)
        self.data = again
        for name in self.meanwhile:
            self.add_error(name, "It says something else by now.")
        return bool(self.meanwhile)

    def ask_when(self, zone: ZoneInfo, label: str = "It was at") -> None:
        """Add ``occurred_at``, folded: for what already happened and is recorded afterwards."""
        self.fields["occurred_at"] = MomentField(
            zone=zone, label=label, help_text="Empty: now. Else it is marked recorded afterwards."
        )
        self.folded = ("occurred_at",)

    @property
    def suggests(self) -> bool:
        """Whether it asks for words beside which something may be suggested."""
        return any(name in self.fields for name in self.suggested_on)

    @property
    def opens_folded(self) -> bool:
        """Whether something that stands folded is wrong."""
        return self.is_bound and any(name in self.errors for name in self.folded)

    def refuse(self, refusal: Refused) -> None:
        """Put a rule's refusal on the form, and a word beside the field it is about."""
        self.refusal = refusal
        for name in [self.places.get(refusal.code), *refusal.facts.get("missing", [])]:
            if name in self.fields:
                self.add_error(name, "Needed here.")

    def mark(self, invalid: Invalid) -> None:
        """Put values that cannot be taken beside their fields."""
        for name, message in invalid.errors.items():
            group, _, name = name.rpartition(".")
            name = "at" if group == "times" else name
            self.add_error(name if name in self.fields else None, message)


def _in_words(field: forms.Field, value: Any) -> str:
    """A value as the page shows it."""
    if isinstance(field, forms.BooleanField) and value is not None:
        return "yes" if value else "no"
    named = dict(getattr(field, "choices", ()))
    return str(named.get(value, value) or "nothing")


def line(
    label: str, length: int, *, required: bool = False, help_text: str = "", **attrs: Any
) -> ParagraphField:
    """A single line of text."""
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return LineField(
        label=label, max_length=length, required=required, help_text=help_text, widget=widget
    )


def text(
    label: str, length: int, *, required: bool = False, help_text: str = "", **attrs: Any
) -> ParagraphField:
    """Some lines of text, growing while one types."""
    return ParagraphField(
        label=label,
        max_length=length,
        required=required,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2, **attrs}),
    )
