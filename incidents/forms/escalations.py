"""Asking for help early."""

from django import forms

from incidents.forms.base import EditForm, line
from incidents.models import Concern


class EscalateForm(EditForm):
    """One click and one line."""

    concern = forms.ChoiceField(
        label="I say", choices=Concern, widget=forms.RadioSelect, initial=Concern.STUCK
    )
    text = line("In one line", 500, autofocus=True, placeholder="The replica does not catch up")
