"""The forms of changes: what is asked before it runs, of whoever approves, and afterwards."""

from collections.abc import Iterable
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from incidents.cards.models import Card, Risk
from incidents.changes.models import Change, Outcome
from incidents.endstate.models import Signal
from incidents.gates.rules import expected_proof_of
from incidents.hypotheses.models import Hypothesis
from pages.fields import FilesField, MomentField, WholeField
from pages.forms import EditForm, line, text
from people.models import User
from refusals.errors import Refused
from warroom.card_views import RISKS

NEW, ELSE = "new", "else"
"""A hypothesis, and a way back, that is written here."""
WAYS = ("redeploy", "flag off", "scale back", "nothing to undo")
"""The ways back that a safe step needs no words for."""
WANTED = MappingProxyType(
    {
        "hypothesis": "Say which one it tests, or write it.",
        "expectation": "Say what the signals will show.",
        "danger": "Say it, or “nothing we know of”.",
        "rollback": "Say how, and how long it takes.",
        "reversible": "Say whether it can be undone.",
    }
)
"""What stands beside a field that a change lacks."""


class SheetForm(EditForm):
    """All that a step needs before it runs; fields appear with the risk that asks for them.

    ``card_version`` and ``version`` are of the card and its change as they were read, ``opened_at``
    is when writing began.
    """

    id_prefix = "sheet"
    places = {
        "owner_busy": "owner",
        "commander_cannot_own_work": "owner",
        "pair_required": "pair",
    }
    card_version = WholeField(widget=forms.HiddenInput)
    version = WholeField(widget=forms.HiddenInput, required=False)
    opened_at = forms.CharField(widget=forms.HiddenInput, required=False)
    risk = forms.ChoiceField(
        label="Does it alter production?",
        widget=forms.RadioSelect,
        choices=[(value, words) for value, (words, _) in RISKS.items()],
        error_messages={"required": "Say how risky it is. Read only: it looks, alters nothing."},
    )
    hypothesis = forms.ChoiceField(
        label="Which hypothesis does it test?", widget=forms.RadioSelect, required=False
    )
    thought = line("Another hypothesis", 300, placeholder="Another one: write it here")
    expectation = text(
        "We expect",
        500,
        rows=1,
        help_text="From the signal it moves. Change it if you know better.",
    )
    danger = text("What can go wrong", 500, rows=1)
    way = forms.ChoiceField(
        label="The way back",
        widget=forms.RadioSelect,
        required=False,
        choices=[*((way, way) for way in WAYS), (ELSE, "in words")],
    )
    rollback = text(
        "How we go back",
        500,
        rows=1,
        placeholder="e.g. flag off, 10 s",
        help_text="Your words, not a plan: what, and how long it takes.",
    )
    reversible = forms.ChoiceField(
        label="Can it be undone?",
        widget=forms.RadioSelect,
        required=False,
        choices=[("yes", "↶ Yes"), ("no", "No, never")],
    )
    owner = forms.ModelChoiceField(
        User.objects.none(), label="Who", required=False, empty_label="nobody yet"
    )
    time_box_min = WholeField(label="For, minutes", required=False, min_value=5, max_value=1440)
    expected_proof = line("Done when we see", 500)
    pair = forms.ModelChoiceField(
        User.objects.none(), label="With whom", required=False, empty_label="nobody"
    )

    def __init__(
        self,
        *args: Any,
        hypotheses: Iterable[Hypothesis],
        numbers: dict[int, int],
        people: Iterable[User],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hypothesis"].choices = [  # type: ignore[attr-defined]
            *[(str(one.pk), f"H{numbers[one.pk]} {one.text}") for one in hypotheses],
            (NEW, "Another one"),
        ]
        ids = [person.pk for person in people]
        for name in ("owner", "pair"):
            self.fields[name].queryset = User.objects.filter(pk__in=ids)  # type: ignore[attr-defined]
        self.theirs: dict[str, Any] | None = None

    def refuse(self, refusal: Refused) -> None:
        """Everything that is missing at once; after ``stale`` theirs stands beside it."""
        self.refusal = refusal
        also = [(one["code"], one) for one in refusal.facts.get("also", [])]
        for code, facts in [(refusal.code, refusal.facts), *also]:
            if code == "change_required":
                for name in facts["missing"]:
                    self._want("danger" if name == "risk" else name)
            else:
                missing = facts.get("missing", [])
                for name in [self.places.get(code), *(missing if code == "card_not_ready" else ())]:
                    if name in self.fields:
                        self.add_error(name, "Needed here.")
        if refusal.code == "owner_busy":
            busy = refusal.facts["busy_with"]
            self.way_out = ("swap", str(busy["id"]), f"Park “{busy['title']}”, start this")
        if refusal.code == "stale":
            self._count_on(refusal.facts["current"])

    def _want(self, name: str) -> None:
        if name in self.fields and not self.has_error(name):
            self.add_error(name, WANTED[name])

    def _count_on(self, current: dict[str, Any]) -> None:
        """Let the next attempt count on what stands there now, and show it."""
        typed = QueryDict(mutable=True)
        typed.update(self.data)
        is_change = "expectation" in current
        typed["version" if is_change else "card_version"] = str(current["version"])
        self.data = typed
        self.theirs = current if is_change else None

    @property
    def is_unfilled(self) -> bool:
        """Whether something asks for a look at who, how long and done when."""
        named = ("owner", "pair", "time_box_min", "expected_proof")
        is_wrong = self.is_bound and any(self.has_error(name) for name in named)
        return is_wrong or not (self["owner"].value() and self["expected_proof"].value())

    @property
    def change_fields(self) -> dict[str, Any]:
        """What the action writes on the change, for the chosen risk."""
        values = self.cleaned_data
        fields: dict[str, Any] = {"expectation": values["expectation"]}
        is_safe, is_drastic = values["risk"] == Risk.SAFE, values["risk"] == Risk.DESTRUCTIVE
        fields["rollback"] = values["rollback"]
        if is_safe and values["way"] != ELSE and values["way"]:
            fields["rollback"] = values["way"]
        if not is_safe:
            fields["reversible"] = {"yes": True, "no": False}.get(values["reversible"])
        if is_drastic:
            fields["risk"] = values["danger"]
            picked = values["hypothesis"]
            fields["hypothesis"] = values["thought"] if picked in ("", NEW) else int(picked)
        return fields

    @property
    def began_at(self) -> datetime | None:
        """When writing began, as the page said."""
        try:
            began = datetime.fromisoformat(str(self["opened_at"].value()))
        except ValueError:
            return None
        return began if began.tzinfo is not None else None


def sheet_values(
    card: Card,
    change: Change | None,
    *,
    hypotheses: list[Hypothesis],
    me: User | None,
    free: User | None,
) -> dict[str, Any]:
    """The sheet as far as it can be known; only a drastic way back is never guessed.

    ``me`` is who owns it where nobody does, ``free`` who can pair.
    """
    tested = (change.hypothesis_id if change else None) or card.tests_id
    if tested is None and len(hypotheses) == 1:
        tested = hypotheses[0].pk
    if tested not in [one.pk for one in hypotheses]:
        tested = None
    rollback = change.rollback if change else ""
    reversible = change.reversible if change else None
    owner = card.owner or me
    pair = card.pair or (free if free != owner else None)
    return {
        "card_version": card.version,
        "version": change.version if change else None,
        "risk": card.risk,
        "hypothesis": str(tested) if tested else (NEW if not hypotheses else ""),
        "expectation": (change.expectation if change else "")
        or expected_proof_of(card)
        or card.expected_proof,
        "danger": change.risk if change else "",
        "way": rollback if rollback in WAYS else (ELSE if rollback else WAYS[0]),
        "rollback": rollback,
        "reversible": "no" if reversible is False else "yes",
        "owner": owner.pk if owner else None,
        "time_box_min": card.time_box_min or 15,
        "expected_proof": card.expected_proof or expected_proof_of(card),
        "pair": pair.pk if pair else None,
    }


class ApprovalForm(EditForm):
    """One look, one click; what cannot be undone by typing the incident's reference."""

    id_prefix = "approval"
    places = {"token_cannot_approve": "confirm"}
    version = WholeField(widget=forms.HiddenInput, required=False)
    confirm = line("Type the reference", 40)
    recorded_by_voice_of = forms.ModelChoiceField(
        User.objects.none(), label="Whose voice", required=False, empty_label="mine"
    )

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [person.pk for person in people]
        field = self.fields["recorded_by_voice_of"]
        field.queryset = User.objects.filter(pk__in=ids)  # type: ignore[attr-defined]


class SentBackForm(EditForm):
    """What has to be thought through again."""

    id_prefix = "back"
    places = {"reason_required": "reason"}
    version = WholeField(widget=forms.HiddenInput, required=False)
    reason = line("What has to be thought through again?", 400)


class OutcomeForm(EditForm):
    """How it went, by the signals."""

    id_prefix = "outcome"
    outcome = forms.ChoiceField(
        label="It went",
        widget=forms.RadioSelect,
        choices=[(one.value, one.label.lower()) for one in Outcome],
        error_messages={"required": "Say how it went, by the signals."},
    )
    note = text("In a line", 1000, rows=1)
    no_data = forms.MultipleChoiceField(
        label="No data from", widget=forms.CheckboxSelectMultiple, required=False
    )
    proof = line("What proves that it is done?", 2000, help_text="Empty: the card goes on.")

    def __init__(
        self, *args: Any, signals: Iterable[Signal], files: FilesField, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attachments"] = files
        self.fields["no_data"].choices = [(str(one.pk), one.name) for one in signals]  # type: ignore[attr-defined]


class RanForm(EditForm):
    """A change that ran already, with its real times."""

    id_prefix = "ran"
    halves = ("started_at", "finished_at")
    risk = forms.ChoiceField(
        label="How risky was it?", choices=[one for one in Risk.choices if one[0] != Risk.READ_ONLY]
    )
    outcome = forms.ChoiceField(
        label="It went", choices=[(one.value, one.label.lower()) for one in Outcome]
    )
    expectation = line("What we expected", 500)
    rollback = line("How we would have gone back", 500)
    note = text("In a line", 1000)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["started_at"] = MomentField(zone=zone, label="It started", required=True)
        self.fields["finished_at"] = MomentField(zone=zone, label="It was over", required=True)
        self.order_fields(["risk", "started_at", "finished_at", "outcome"])


class GoForm(EditForm):
    """Why the next change may start."""

    places = {"reason_required": "reason"}
    reason = text("Why may we go on?", 500, autofocus=True)


class SecondForm(EditForm):
    """Why two at once."""

    places = {"reason_required": "reason"}
    reason = text("Why are two at once better than one?", 500, autofocus=True)
