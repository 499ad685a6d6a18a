"""Pausing side work, and settling it."""

from typing import Any

from django import forms

from incidents.forms.base import EditForm, line
from incidents.models import Outcome
from people.models import User


class PauseForm(EditForm):
    """What, whose, why, and when it may go on."""

    halves = ("owner", "url")
    title = line("What is put down", 200, autofocus=True, placeholder="The search re-index")
    owner = forms.ModelChoiceField(User.objects.none(), label="Whose", empty_label=None)
    url = line("Link", 500, placeholder="https://")
    why = line("Why it waits", 500, placeholder="It loads the same database")
    resume_when = line("It may go on when", 300, placeholder="the incident is resolved")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.active()  # type: ignore[attr-defined]


class SettleForm(EditForm):
    """Resumed or dropped."""

    places = {"reason_required": "note"}
    outcome = forms.ChoiceField(
        label="It is", choices=Outcome, widget=forms.RadioSelect, initial=Outcome.RESUMED
    )
    note = line("Note", 500, help_text="Dropping says why.")
