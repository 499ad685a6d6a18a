"""The forms with which a manager adds and edits an action item.

The action judges while the form is cleaned, in the transaction of the page, so that what it refuses
stands beside what was typed; a form that holds has been acted on.
"""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, ClassVar

from django import forms
from django.db import transaction

from clock.queries import now
from incidents.endstate.models import Signal
from pages.fields import LineField, offering
from people.admin_bases import Remembers
from people.models import User
from postmortems.items.actions import add_item, change_item, proposed_due_at
from postmortems.items.following import move_item
from postmortems.items.models import ActionItem, ItemState, ItemType, Priority
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden, Invalid, NotVisible, Refused

WORKDAY_ENDS = time(17, 0)
PLACES = {"due_at": "due", "owner": "owner", "signal": "signal"}
CODES: dict[str, str] = {"reason_required": "reason", "action_not_systemic": "override_reason"}


def end_of(day: date, owner: User) -> datetime:
    """When an item of ``owner`` is due that is due on ``day``: at the end of a working day."""
    return datetime.combine(day, WORKDAY_ENDS, owner.zone)


class ItemForm(Remembers, forms.ModelForm[ActionItem]):
    """What an item says, whoever adds or edits it."""

    by: ClassVar[User]

    title = LineField(max_length=200, label="What changes in the system")
    type = forms.ChoiceField(choices=ItemType.choices)
    owner = forms.ModelChoiceField(User.objects.none())
    priority = forms.ChoiceField(choices=Priority.choices, initial=Priority.P2)
    due = forms.DateField(
        label="due", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    success_criterion = LineField(max_length=500, label="It worked when")
    override_reason = LineField(
        max_length=500,
        required=False,
        label="Taken although not systemic, because",
        help_text="Only where it asks people to be different; readers see it.",
    )

    class Meta:
        model = ActionItem
        fields: ClassVar = ["title", "type", "owner", "priority", "success_criterion"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = User.objects.responders()

    def acted_on(self, act: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Let ``act`` have the values, once every field is readable; what it refuses is marked."""
        values = super().clean() or self.cleaned_data
        if not self.errors:
            self._attempt(lambda: act(values))
        return values

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            with transaction.atomic():
                act()
        except Invalid as invalid:
            for name, words in invalid.errors.items():
                place = PLACES.get(name, name)
                self.add_error(place if place in self.fields else None, words)
        except Refused as refusal:
            place = CODES.get(refusal.code, "")
            self.add_error(place if place in self.fields else None, refusal.sentence)
        except (Forbidden, NotVisible) as refusal:
            self.add_error(None, refusal.sentence)

    def _post_clean(self) -> None:
        """The action has stored the row; nothing is built from the form beside it."""

    def words_of(self, values: dict[str, Any]) -> dict[str, Any]:
        """The fields that are the same for adding and for changing."""
        names = ("title", "type", "owner", "priority", "success_criterion", "override_reason")
        return {name: values[name] for name in names}


class NewItemForm(ItemForm):
    """An item more in a review, published or not; an empty date takes the priority's own."""

    postmortem = forms.ModelChoiceField(Postmortem.objects.none(), label="Review of")

    field_order = ("postmortem", "title", "type", "owner", "priority", "due")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        review = self.fields["postmortem"]
        assert isinstance(review, forms.ModelChoiceField)
        review.queryset = Postmortem.objects.select_related("incident").order_by("-pk")

    def clean(self) -> dict[str, Any]:
        """Add it."""
        return self.acted_on(self._add)

    def _add(self, values: dict[str, Any]) -> None:
        owner: User = values["owner"]
        day: date | None = values["due"]
        due_at = end_of(day, owner) if day else proposed_due_at(values["priority"], at=now())
        words = self.words_of(values)
        self.instance = add_item(values["postmortem"], by=self.by, due_at=due_at, **words)


class ChangedItemForm(ItemForm):
    """Another word, owner, priority or date; a date moves with a reason and is counted."""

    signal = forms.ModelChoiceField(
        Signal.objects.none(), required=False, label="Signal that moves", empty_label="none"
    )
    reason = LineField(
        max_length=500, required=False, label="Why the date moves", help_text="Moves are counted."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        item = self.instance
        signal = self.fields["signal"]
        assert isinstance(signal, forms.ModelChoiceField)
        signal.queryset = offering(item.postmortem.incident.signals.standing(), item.signal_id)
        signal.initial = item.signal_id
        self.fields["override_reason"].initial = item.override_reason
        self.fields["due"].initial = item.due_at.astimezone(item.owner.zone).date()

    def clean(self) -> dict[str, Any]:
        """Change what differs, and move the date where another day is named."""
        return self.acted_on(self._change)

    def _change(self, values: dict[str, Any]) -> None:
        item = self.instance
        before = self.fields["due"].initial
        signal = values["signal"].pk if values["signal"] else None
        self.instance = change_item(item, by=self.by, signal=signal, **self.words_of(values))
        day: date | None = values["due"]
        if day and day != before and self.instance.state == ItemState.OPEN:
            due_at = end_of(day, self.instance.owner)
            self.instance = move_item(
                self.instance, by=self.by, due_at=due_at, reason=values["reason"]
            )
