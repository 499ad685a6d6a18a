"""The forms of a card: the one line that captures it, the whole of it, and more time for it."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet

from incidents.cards.models import Card, Column, Risk
from incidents.endstate.models import Signal
from incidents.hypotheses.models import Hypothesis
from pages.fields import FilesField, MomentField, WholeField, offering
from pages.forms import EditForm, line, text
from people.models import User
from refusals.errors import Refused
from warroom.moving import serves_choices


class QuickCardForm(EditForm):
    """A new card in one line."""

    id_prefix = "quick"
    places = {"card_serves_nothing": "serves"}
    title = line(
        "A new card",
        200,
        required=True,
        placeholder="Next step, in plain words",
        **{"data-key": "c", "data-command": "Write a new card", "data-tab": "board"},
    )
    serves = forms.ChoiceField(label="What it serves", required=False)

    def __init__(self, *args: Any, signals: Iterable[Signal], **kwargs: Any) -> None:
        kwargs.setdefault("prefix", "new")
        super().__init__(*args, **kwargs)
        self.fields["serves"].choices = serves_choices(signals)  # type: ignore[attr-defined]


class CardForm(EditForm):
    """The whole card. ``version`` is the one that was read; ``to`` the column it should be in."""

    places = {
        "card_serves_nothing": "serves",
        "owner_busy": "owner",
        "commander_cannot_own_work": "owner",
        "pair_required": "pair",
        "proof_required": "proof",
    }
    halves = (
        "to",
        "serves",
        "owner",
        "pair",
        "time_box_min",
        "time_box_reason",
        "risk",
        "expected_proof",
        "by_when",
    )
    whens = {"proof": "done"}
    version = WholeField(widget=forms.HiddenInput)
    title = line("What is done", 200, required=True)
    to = forms.ChoiceField(label="Column", choices=Column)
    serves = forms.ChoiceField(label="What it serves", required=False)
    owner = forms.ModelChoiceField(
        User.objects.none(), label="Owner", required=False, empty_label="nobody yet"
    )
    pair = forms.ModelChoiceField(
        User.objects.none(), label="Pair", required=False, empty_label="nobody"
    )
    time_box_min = WholeField(
        label="Time box, minutes",
        required=False,
        min_value=5,
        max_value=1440,
        help_text="Empty: 15.",
    )
    time_box_reason = line("Why longer than 60 minutes", 300)
    risk = forms.ChoiceField(
        label="Risk", required=False, choices=[("", "not said yet"), *Risk.choices]
    )
    expected_proof = line("Proof we expect", 500)
    tests = forms.ModelChoiceField(
        Hypothesis.objects.none(),
        label="Which hypothesis it tests",
        required=False,
        empty_label="none",
    )
    proof = text("Proof", 2000, help_text="A sentence or a link that shows it is done.")

    def __init__(
        self,
        *args: Any,
        signals: Iterable[Signal],
        people: Iterable[User],
        zone: ZoneInfo,
        hypotheses: QuerySet[Hypothesis],
        files: FilesField,
        card: Card,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attachments"] = files
        stands = card.serves_signal
        signals = signals if stands is None else dict.fromkeys([*signals, stands])
        self.fields["serves"].choices = serves_choices(signals)  # type: ignore[attr-defined]
        self.fields["tests"].queryset = hypotheses  # type: ignore[attr-defined]
        ids = [person.pk for person in people]
        self.fields["by_when"] = MomentField(zone=zone, label="By when")
        self.order_fields([name for name in self.fields if name != "proof"])
        self.ask_when(zone, "It went to another column at")
        for name, one in (("owner", card.owner_id), ("pair", card.pair_id)):
            choices = offering(User.objects.filter(pk__in=ids), one)
            self.fields[name].queryset = choices  # type: ignore[attr-defined]

    def refuse(self, refusal: Refused) -> None:
        """The refusal, and the click that gets on: swap, park, or leave it in Next."""
        super().refuse(refusal)
        match refusal.code:
            case "owner_busy":
                busy = refusal.facts["busy_with"]
                self.way_out = ("swap", str(busy["id"]), f"Park “{busy['title']}” and start this")
            case "card_serves_nothing":
                self.way_out = ("to", "parked", "Park it instead")
            case "card_not_ready" | "pair_required" | "commander_cannot_own_work":
                self.way_out = ("to", "next", "Leave it in Next")

    @staticmethod
    def values_of(card: Card) -> dict[str, Any]:
        """The fields as the card stands."""
        return {
            "version": card.version,
            "title": card.title,
            "to": card.column,
            "owner": card.owner_id,
            "pair": card.pair_id,
            "serves": "" if card.serves is None else str(card.serves),
            "time_box_min": card.time_box_min,
            "time_box_reason": card.time_box_reason,
            "expected_proof": card.expected_proof,
            "risk": card.risk,
            "by_when": card.by_when,
            "tests": card.tests_id,
            "proof": card.proof,
            "attachments": [one["id"] for one in card.files],
        }


class TimeBoxForm(EditForm):
    """More time for a card in Now, with the reason."""

    minutes = WholeField(label="Minutes more", min_value=5, max_value=60, initial=10)
    reason = line("Why it needs more time", 300, required=True, autofocus=True)
