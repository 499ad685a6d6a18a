"""What all forms of this app share: a place for a refusal, small widgets, moments in a zone."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.forms.renderers import Jinja2

from refusals.errors import Invalid, Refused
from waits.trouble import Trouble


class EditForm(forms.Form):
    """A form that can carry the refusal of the action it feeds.

    ``places`` says beside which field a code of ``refusals.codes`` stands; ``way_out`` is the one
    click that gets on: name, value and words of a button. ``halves`` stand two beside each other;
    ``whens`` says which choices ask for a field, the others fold it away.
    """

    use_required_attribute = False
    #: Django's own widgets by its own Jinja2 templates: several times faster than the others. One
    #: for all forms, since each compiles its templates anew; the admin has widgets of its own.
    default_renderer = Jinja2()
    #: Two forms on one page must not share ids: a label would point at the wrong field.
    id_prefix: ClassVar[str] = "edit"
    #: Whether the form carries what it was opened with, so that only what was typed is changed.
    remembers: ClassVar[bool] = False
    places: ClassVar[dict[str, str]] = {}
    halves: ClassVar[tuple[str, ...]] = ()
    whens: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        kwargs.setdefault("auto_id", f"{self.id_prefix}-%s")
        super().__init__(*args, **kwargs)
        self.refusal: Refused | Trouble | None = None
        self.way_out: tuple[str, str, str] | None = None
        for field in self.fields.values():
            field.show_hidden_initial = self.remembers
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.setdefault("rows", 2)
                field.widget.attrs.pop("cols", None)

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

    def changed_values(self, *names: str) -> dict[str, Any]:
        """The cleaned values of the named fields (all without names)."""
        return {name: self.cleaned_data[name] for name in names or self.fields}


def line(
    label: str, length: int, *, required: bool = False, help_text: str = "", **attrs: Any
) -> forms.CharField:
    """A single line of text."""
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(
        label=label, max_length=length, required=required, help_text=help_text, widget=widget
    )


def text(
    label: str, length: int, *, required: bool = False, help_text: str = "", **attrs: Any
) -> forms.CharField:
    """Some lines of text, growing while one types."""
    return forms.CharField(
        label=label,
        max_length=length,
        required=required,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2, **attrs}),
    )


class MomentField(forms.DateTimeField):
    """A moment typed in the reader's zone and answered in UTC."""

    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S"
    )

    def __init__(self, *, zone: ZoneInfo, **kwargs: Any) -> None:
        self.zone = zone
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", f"In {zone.key.replace('_', ' ')} time.")
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What the input shows for a stored moment."""
        return (
            value.astimezone(self.zone).replace(tzinfo=None)
            if isinstance(value, datetime)
            else value
        )

    def to_python(self, value: Any) -> datetime | None:
        """What was typed, as a UTC moment."""
        if not value:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        try:
            naive = datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise forms.ValidationError(
                "Use a date and a time, such as 2026-11-21 03:15."
            ) from error
        try:
            aware = naive if naive.tzinfo else naive.replace(tzinfo=self.zone)
            return aware.astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError("That is outside of all calendars.") from error
