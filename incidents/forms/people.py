"""Seats of the roster: naming somebody, handing over."""

from typing import Any

from django import forms

from incidents.forms.base import EditForm, text
from incidents.models import RosterRole
from people.models import User
from refusals.errors import Refused


class RoleForm(EditForm):
    """Who takes which seat; a held seat passes on with a note."""

    places = {"note_required": "note", "role_taken": "role"}
    role = forms.ChoiceField(label="Seat", choices=RosterRole)
    person = forms.ModelChoiceField(User.objects.none(), label="Person", empty_label=None)
    note = text(
        "Hand-over note",
        1000,
        help_text="Where it stands, what was to come. Needed when somebody holds the seat.",
    )

    def refuse(self, refusal: Refused) -> None:
        """The refusal; where command is held, the click that asks its holder."""
        is_command = self.cleaned_data.get("role") == RosterRole.COMMANDER
        super().refuse(refusal)
        if refusal.code == "role_taken" and is_command:
            self.way_out = ("ask", "1", "Ask the commander")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = User.objects.responders()  # type: ignore[attr-defined]
