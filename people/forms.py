"""The forms of the preferences page: they read what was typed; actions decide."""

from typing import Any

from django import forms

from clock.zones import zone_names
from pages.fields import LineField, WholeField
from people.models import ORDINARY, Scope, Theme, User
from refusals.errors import Invalid


def zones() -> list[tuple[str, str]]:
    """The time zones a person chooses from: UTC and every region/city."""
    named = sorted(zone for zone in zone_names() if "/" in zone and not zone.startswith("Etc/"))
    return [(zone, zone.replace("_", " ")) for zone in ("UTC", *named)]


class OwnForm(forms.Form):
    """A form whose refused values are put beside their fields."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def mark(self, invalid: Invalid) -> None:
        """Say beside each field what cannot be taken."""
        for name, message in invalid.errors.items():
            self.add_error(name if name in self.fields else None, message)


class PreferencesForm(OwnForm):
    """What a person decides about themselves."""

    name = LineField(label="Name", max_length=120, help_text="What others read.")
    time_zone = forms.ChoiceField(label="Time zone", choices=zones)
    theme = forms.ChoiceField(label="Colours", choices=Theme.choices)
    office_start = forms.TimeField(
        label="My working day begins", widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    office_end = forms.TimeField(
        label="It ends",
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text="What can wait is sent in these hours. A running incident does not wait.",
    )
    by_email = forms.BooleanField(label="Send me nudges by e-mail too", required=False)

    @classmethod
    def of(cls, person: User) -> "PreferencesForm":
        """The form as the person's preferences are now."""
        return cls(initial={name: getattr(person, name) for name in cls.base_fields})


class TokenForm(OwnForm):
    """A new token for a program that acts for me. Stands beside the preferences' own *Name*."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="token_%s", **kwargs)

    name = LineField(label="What it is for", max_length=80)
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(one.value, one.label) for one in ORDINARY],
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ, Scope.WRITE],
    )
    expires_days = WholeField(
        label="Days until it ends",
        min_value=1,
        max_value=3650,
        required=False,
        initial=365,
        help_text="Empty: it never ends by itself.",
    )
