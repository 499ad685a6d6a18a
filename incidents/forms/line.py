"""Stopping the line, resuming it, and what is agreed beforehand to stop for."""

from collections.abc import Iterable
from typing import Any

from django import forms

from incidents.forms.base import EditForm, line
from incidents.models import Comparator, Signal


class StopForm(EditForm):
    """One line: what somebody saw."""

    places = {"reason_required": "reason"}
    reason = line("What did you see?", 500, autofocus=True, placeholder="A second region fails")


class ResumeForm(EditForm):
    """One line: why it is safe."""

    places = {"reason_required": "reason"}
    reason = line("Why is it safe to go on?", 500, autofocus=True)


class CriterionForm(EditForm):
    """What makes everybody stop: words, or a signal beyond a threshold."""

    halves = ("comparator", "threshold")
    text = line("Stop when", 300, autofocus=True, placeholder="A second region shows errors")
    signal = forms.TypedChoiceField(
        label="Watched by",
        coerce=int,
        required=False,
        empty_value=None,
        help_text="With a signal it stops by itself, once each time the value crosses.",
    )
    comparator = forms.ChoiceField(
        label="Its value is", choices=[("", "–"), *Comparator.choices], required=False
    )
    threshold = forms.FloatField(label="Threshold", required=False)

    def __init__(self, *args: Any, signals: Iterable[Signal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["signal"].choices = [  # type: ignore[attr-defined]
            ("", "people only"),
            *[(str(signal.pk), signal.name) for signal in signals],
        ]
