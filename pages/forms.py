"""What all forms share: a place for a refusal, and what is kept as it was."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms

from pages.fields import LineField, MomentField, NumberField, ParagraphField
from pages.remembering import CHANGED, as_seen, differing, keep_untouched, overwritten, watch
from pages.widgets import PlainWidgets
from refusals.errors import Invalid, Refused
from waits.trouble import Trouble

NO_CHOICE = "That is no choice here any more. Choose again."


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
        self.differs: list[tuple[str, str, str]] = []
        self.facts: dict[str, str] = {}
        #: What became of what it is about, once that is settled: then nothing is sent any more.
        self.settled = ""
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
                field.error_messages["invalid_choice"] = NO_CHOICE
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.setdefault("rows", 2)
                field.widget.attrs.pop("cols", None)

    def __getitem__(self, name: str) -> forms.BoundField:
        """A field, which carries what it was opened with where the form remembers."""
        if self.remembers and name in self.fields:
            watch(self, name)
        return super().__getitem__(name)

    def clean(self) -> dict[str, Any]:
        """What nobody touched is what it was, to the last digit that the page does not show."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            if isinstance(field, MomentField | NumberField) and name in values:
                # Django's own way to it drops what is smaller than a second.
                initial = self.initial.get(name, field.initial)
                if initial is not None and name not in self.changed_data:
                    values[name] = field.to_python(initial)
        if self.remembers:
            keep_untouched(self, values)
        return values

    def stand_on(self, **facts: str) -> None:
        """Say by name, in words, what the sheet shows beside its fields and rests on.

        Where one reads otherwise when it is sent, it is refused once, with both.
        """
        self.facts = {name.replace("_", " "): words for name, words in facts.items()}

    @property
    def seen(self) -> str:
        """The facts as the form carries them."""
        return as_seen(self.facts)

    def rests_on(self, name: str) -> bool:
        """Whether what was chosen rests on that fact."""
        return True

    def overtaken(self) -> bool:
        """Whether somebody else changed, since the form was opened, what was typed over in it.

        Or what it stands on. Then ``meanwhile`` says by field what stands there now, ``differs``
        which facts read otherwise, and the next attempt counts on that. Of a valid form.
        """
        facts = {name: words for name, words in self.facts.items() if self.rests_on(name)}
        self.differs = differing(self.data.get("seen", ""), facts)
        self.meanwhile = overwritten(self) if self.remembers else {}
        for name in self.meanwhile:
            self.add_error(name, CHANGED)
        return bool(self.meanwhile or self.differs)

    def ask_when(self, zone: ZoneInfo, label: str = "It was at") -> None:
        """Add ``occurred_at``, folded: for what already happened and is recorded afterwards."""
        self.fields["occurred_at"] = MomentField(
            zone=zone, label=label, help_text="Empty: now. Else it is marked recorded afterwards."
        )
        self.folded = ("occurred_at",)

    @property
    def is_stale(self) -> bool:
        """Whether it was refused because what it was made from is another by now."""
        return isinstance(self.refusal, Refused) and self.refusal.code == "stale"

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
