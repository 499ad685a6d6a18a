"""Forms of action items: writing, changing, verifying, moving one."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms

from incidents.forms.base import EditForm, MomentField, line, text
from incidents.models import Incident, Signal
from people.models import User
from postmortems.forms.review import VersionedForm
from postmortems.models import ItemType, Priority, PriorityPolicy
from refusals.errors import Refused

NONE_YET = ("", "choose")


class ItemForm(VersionedForm):
    """An owned, dated, systemic improvement. An empty date takes the priority's own."""

    title = line("What changes in the system", 200, autofocus=True)
    type = forms.ChoiceField(label="Type", choices=[NONE_YET, *ItemType.choices], required=False)
    owner = forms.ModelChoiceField(
        User.objects.none(), label="Owner", required=False, empty_label="choose"
    )
    priority = forms.ChoiceField(
        label="Priority", choices=Priority.choices, initial="p2", required=False
    )
    success_criterion = line("It worked when", 500, help_text="A measure somebody else can check.")
    signal = forms.ModelChoiceField(
        Signal.objects.none(), label="Signal that moves", required=False, empty_label="none"
    )
    override_reason = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, incident: Incident, zone: ZoneInfo, dated: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.active()  # type: ignore[attr-defined]
        self.fields["signal"].queryset = (  # type: ignore[attr-defined]
            incident.signals.standing()
        )
        if dated:
            days = PriorityPolicy.objects.values_list("priority", "due_within_days")
            words = ", ".join(f"{priority.upper()} {number} days" for priority, number in days)
            self.fields["due_at"] = MomentField(
                zone=zone, label="Due", help_text=f"Empty: by priority ({words})."
            )
        order = ["title", "type", "owner", "priority", "due_at", "success_criterion", "signal"]
        self.order_fields(order)
        if self.data.get("override_reason"):
            self._ask_for_override()

    def refuse(self, refusal: Refused) -> None:
        """What is not systemic may be overridden: then the field for the reason is shown."""
        super().refuse(refusal)
        if refusal.code == "action_not_systemic":
            self.add_error("title", "Say what changes in the system.")
            self._ask_for_override()

    def _ask_for_override(self) -> None:
        field = self.fields["override_reason"]
        field.label = "Or take it all the same, because"
        field.help_text = "The facilitator's decision; readers see it."
        field.widget = forms.TextInput(attrs={"autocomplete": "off"})
        # A bound field remembers the label it was made with.
        self._bound_fields_cache.pop("override_reason", None)  # type: ignore[attr-defined]


class VerifyForm(EditForm):
    """What somebody else sees."""

    ANSWERS = (("yes", "Yes"), ("no", "No: it is reopened"))
    implemented = forms.ChoiceField(
        label="Is it implemented?", choices=ANSWERS, widget=forms.RadioSelect, initial="yes"
    )
    moving = forms.ChoiceField(
        label="Is the metric moving?",
        choices=(*ANSWERS, ("", "Too early to say")),
        widget=forms.RadioSelect,
        required=False,
        initial="yes",
    )
    note = text("What you saw", 1000)

    def verdict(self) -> dict[str, Any]:
        """As the action takes it."""
        moving = {"yes": True, "no": False}.get(self.cleaned_data["moving"])
        return {
            "implemented": self.cleaned_data["implemented"] == "yes",
            "moving": moving,
            "note": self.cleaned_data["note"],
        }


class MoveForm(EditForm):
    """The new date and why."""

    places: ClassVar[dict[str, str]] = {"reason_required": "reason"}
    reason = line("Why it moves", 500, help_text="Moves are counted and shown.")

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_at"] = MomentField(zone=zone, label="New date", required=True)
        self.order_fields(["due_at", "reason"])
