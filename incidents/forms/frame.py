"""What frames an incident: the miss, links, details, times, impact, end state, signals, notes."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from incidents.forms.base import EditForm, MomentField, line, text
from incidents.models import TIME_NAMES, Comparator, Severity, Signal

TIME_LABELS = {
    "impact_started_at": "Impact began",
    "detected_at": "Detected",
    "declared_at": "Declared",
    "acknowledged_at": "Acknowledged",
    "mitigated_at": "Mitigated",
    "resolved_at": "Resolved",
    "closed_at": "Closed",
}


class FrameForm(EditForm):
    """The miss in plain words and what we can and cannot change."""

    remembers = True
    statement = text(
        "The miss, in plain words",
        500,
        autofocus=True,
        help_text="What happened, for somebody outside engineering.",
    )
    blocker = line("Now stuck at", 300, help_text="One sentence people understand.")
    in_our_control = text("In our control", 2000)
    beyond_our_control = text("Beyond our control", 2000)


class LinksForm(EditForm):
    """Where people talk."""

    remembers = True
    chat_url = forms.URLField(label="Chat", required=False, max_length=500, assume_scheme="https")
    call_url = forms.URLField(label="Call", required=False, max_length=500, assume_scheme="https")


class DetailsForm(EditForm):
    """Title, severity, privacy, cause."""

    remembers = True
    places = {"only_commander": "severity"}
    title = line("Title", 200, required=True)
    severity = forms.ChoiceField(
        label="Severity",
        choices=Severity,
        help_text="Only the commander changes it. It moves the promised update.",
    )
    private = forms.BooleanField(
        label="Private: only its roster and administrators know of it", required=False
    )
    caused_by_change = forms.NullBooleanField(
        label="Caused by a change",
        required=False,
        widget=forms.Select(choices=[("unknown", "not known"), ("true", "yes"), ("false", "no")]),
    )


class TimeForm(EditForm):
    """A corrected time and why."""

    places = {"reason_required": "reason"}
    name = forms.ChoiceField(
        label="Which time", choices=[(name, TIME_LABELS[name]) for name in TIME_NAMES]
    )
    reason = line("Why it is corrected", 500, required=True)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"] = MomentField(zone=zone, label="It was", required=True)
        self.order_fields(["name", "at", "reason"])


class ImpactForm(EditForm):
    """Who is blocked, with a number and a rate."""

    halves = ("amount", "unit", "per_minute", "at")
    journey = line(
        "The journey that is interrupted",
        200,
        required=True,
        autofocus=True,
        placeholder="Order placement through the public API",
    )
    blocked = line("Who is blocked", 200, required=True, placeholder="every partner integration")
    amount = forms.DecimalField(label="How many", min_value=0, max_digits=18, decimal_places=2)
    unit = line("Of what", 60, required=True, placeholder="failed orders")
    per_minute = forms.DecimalField(
        label="More every minute", required=False, min_value=0, max_digits=18, decimal_places=2
    )

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"] = MomentField(zone=zone, label="Counted at (empty: now)")


class EndStateForm(EditForm):
    """The sentence that says what good looks like."""

    text = text(
        "What good looks like, in one sentence",
        500,
        required=True,
        autofocus=True,
        help_text="Rewording it asks everybody to agree again.",
    )


class SignalForm(EditForm):
    """A metric tied to the end state."""

    halves = ("comparator", "target", "hold_s", "stale_after_s")
    name = line("Name", 120, required=True, autofocus=True, placeholder="API error rate")
    unit = line("Unit", 30, placeholder="%")
    comparator = forms.ChoiceField(label="Good is", choices=Comparator, initial="<=")
    target = forms.FloatField(label="Target")
    hold_s = forms.IntegerField(
        label="Held for, seconds", min_value=0, max_value=86400, initial=300
    )
    stale_after_s = forms.IntegerField(
        label="Stale after, seconds", min_value=1, max_value=86400, initial=300
    )
    required = forms.BooleanField(label="Resolving needs it", required=False, initial=True)

    @staticmethod
    def values_of(signal: Signal) -> dict[str, Any]:
        """The fields as the signal stands."""
        return {name: getattr(signal, name) for name in SignalForm.base_fields}


class SampleForm(EditForm):
    """A value read by a person."""

    value = forms.FloatField(
        label="Value now",
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "autofocus": True, "autocomplete": "off"}
        ),
    )


class NoteForm(EditForm):
    """A line on the record, now or afterwards."""

    text = text("What happened", 2000, required=True, autofocus=True)
    kind = forms.ChoiceField(
        label="It is", choices=[("note", "a note"), ("decision", "a decision")]
    )

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"] = MomentField(zone=zone, label="It happened at (empty: now)")
