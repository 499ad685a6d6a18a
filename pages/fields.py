"""The fields of our forms: each reads what was typed by the one reader of its kind."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet

from pages.moments import typed_moment
from pages.numbers import NO_WHOLE, decimal, fits_float, places_of, said, typed, whole
from pages.texts import read_line, read_link, read_text
from refusals.errors import Invalid

UNBOUND = 1_000_000
"""Where the field's own limit is judged by Django, after the text was read."""


def offering(choices: QuerySet[Any], stands: int | None) -> QuerySet[Any]:
    """What may be chosen, and what stands there (its id) although nobody may choose it any more.

    Without it the browser would choose something else, and nobody would have said so.
    """
    if stands is None:
        return choices
    there: QuerySet[Any] = choices.model._default_manager.filter(pk=stands)
    return choices | there


class ParagraphField(forms.CharField):
    """Some lines of text."""

    read: Callable[..., str] = staticmethod(read_text)

    def to_python(self, value: Any) -> str:
        """The text as actions would read it."""
        try:
            return self.read("text", str(value or ""), UNBOUND)
        except Invalid as invalid:
            raise forms.ValidationError(invalid.errors["text"]) from invalid


class LineField(ParagraphField):
    """One line of text."""

    read = staticmethod(read_line)


class LinkField(forms.CharField):
    """Where people talk; a host without a scheme is meant with https."""

    def to_python(self, value: Any) -> str:
        """The link as actions would read it."""
        text = str(value or "").strip()
        if text and ":" not in text and " " not in text:
            text = f"https://{text}"
        try:
            return read_link("link", text)
        except Invalid as invalid:
            raise forms.ValidationError(invalid.errors["link"]) from invalid


UNITS_S = {"s": 1, "min": 60, "h": 3600}
_LENGTH = re.compile(r"(\d+)\s*(s|min|h)?", re.ASCII)


class WholeField(forms.IntegerField):
    """A whole number in digits."""

    default_error_messages = {"invalid": NO_WHOLE}

    def to_python(self, value: Any) -> int | None:
        """The number; ``²``, ``1_000`` and ``1.0`` are none."""
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        number = whole(str(value).strip())
        if number is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return number


class SignedField(WholeField):
    """The same with a minus before it where it lies before something."""

    def to_python(self, value: Any) -> int | None:
        """The number, with the sign of the keyboard or of print."""
        text = str(value).strip()
        if text[:1] in ("-", "\u2212"):
            number = super().to_python(text[1:])
            return None if number is None else -number
        return super().to_python(value)


class LengthField(forms.Field):
    """A length of time in seconds, shown and typed as people say it: ``5 min``, ``90 s``, ``1 h``.

    A number alone is seconds.
    """

    widget = forms.TextInput(attrs={"autocomplete": "off"})

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        self.min_value, self.max_value = min_value, max_value
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What the input shows for seconds: the largest unit that says them whole."""
        if not isinstance(value, int):
            return value
        unit = next((one for one in ("h", "min") if value and value % UNITS_S[one] == 0), "s")
        return f"{value // UNITS_S[unit]} {unit}"

    def to_python(self, value: Any) -> int | None:
        """The seconds that were typed."""
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        found = _LENGTH.fullmatch(str(value).strip())
        number = whole(found[1]) if found else None
        if found is None or number is None:
            raise forms.ValidationError("Such as 5 min, 90 s or 1 h.")
        seconds = number * UNITS_S[found[2] or "s"]
        if not self.min_value <= seconds <= self.max_value:
            least, most = self.prepare_value(self.min_value), self.prepare_value(self.max_value)
            raise forms.ValidationError(f"Between {least} and {most}.")
        return seconds

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another length stands there than was shown."""
        try:
            return self.to_python(initial) != self.to_python(data)
        except forms.ValidationError:
            return True


class NumberField(forms.Field):
    """A number with or without a fraction, with ``places`` digits of it at most.

    A text field, since a browser's number field drops the comma of ``1,5`` and sends ``15``.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(
        self,
        *,
        places: int | None = None,
        least: Decimal | None = None,
        most: Decimal = Decimal("1e300"),
        **kwargs: Any,
    ) -> None:
        self.places, self.least, self.most = places, least, most
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What the input shows for a stored number: every digit of it."""
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        return typed(value) if is_number else value

    def to_python(self, value: Any) -> Decimal | None:
        """The number that was typed, exactly."""
        if value in self.empty_values:
            return None
        if isinstance(value, int | float | Decimal):
            return Decimal(str(value))
        try:
            number = decimal(str(value))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if self.places is not None and places_of(number) > self.places:
            raise forms.ValidationError(f"At most {self.places} digits behind the point.")
        if self.least is not None and number < self.least:
            raise forms.ValidationError(f"At least {said(self.least)}.")
        if abs(number) > self.most:
            raise forms.ValidationError(f"At most {said(self.most)}.")
        if not fits_float(number):
            raise forms.ValidationError("At most 15 digits.")
        return number

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another number stands there than was shown."""
        return str(data or "") != str(self.prepare_value(initial) or "")


TYPED = "%Y-%m-%dT%H:%M:%S"


class HiddenMoment(forms.DateTimeInput):
    """A moment that a form carries, as the field beside it shows one."""

    input_type = "hidden"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs, format=TYPED)


class MomentField(forms.DateTimeField):
    """A moment typed in the reader's zone and answered in UTC."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format=TYPED)
    hidden_widget = HiddenMoment

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
            return typed_moment(str(value), self.zone)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another time stands there than was shown, which has no fractions of a second."""
        shown = self.widget.format_value(self.prepare_value(initial)) if initial else ""
        return str(data or "") != str(shown or "")


class FilesWidget(forms.Widget):
    """A tick box for each file that is offered, by its id; drawn by ``shared/_files.html``."""

    is_files = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[int]:
        """The ids of the ticked ones, in their order on the page."""
        ids = (key.removeprefix(f"{name}_") for key in data if key.startswith(f"{name}_"))
        return [number for one in ids if (number := whole(one)) is not None]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Never: nothing ticked means none."""
        return False


class FilesField(forms.Field):
    """Pictures and files that come with what is written.

    ``offer`` answers those to tick, given the ids that are ticked already; more are sent to the
    address ``upload``. ``refused`` says why the last one was not taken. ``is_folded`` keeps the way
    to bring more closed until somebody asks for it: a short sheet shows what is missing alone.
    """

    widget = FilesWidget

    def __init__(
        self,
        *,
        upload: str,
        offer: Callable[[list[int]], Iterable[Any]],
        refused: str = "",
        is_folded: bool = False,
    ) -> None:
        super().__init__(label="Pictures and files", required=False, initial=[])
        self.upload, self.offer, self.refused = upload, offer, refused
        self.is_folded = is_folded

    def to_python(self, value: Any) -> list[int]:
        """The ids."""
        return list(value or [])
