"""The composer's form, and what it makes of what was typed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from clock.queries import now
from incidents.cadence.intervals import Offer
from incidents.record.models import Incident
from incidents.updates.models import Question
from pages.fields import FilesField, MomentField, WholeField
from pages.forms import EditForm, line, text
from pages.moments import carried_moment
from pages.numbers import whole
from pages.remembering import watch
from refusals.errors import Refused
from warroom.answering import answers_in

LONGEST_MIN = 31 * 24 * 60
"""More minutes than any cadence lets one promise."""
UPDATE_KEY: dict[str, Any] = {
    "data-key": "u",
    "data-command": "Write an update",
    "data-tab": "update",
}


MOVES = ("move_1", "move_2")
MOVES_WHEN = tuple(f"{name}_by" for name in MOVES)
SUGGESTED = (
    *("executive_summary", "status_text", "hypothesis", "current_action"),
    *("risks", "technical_note"),
)
"""The texts whose words the language check looks at while they are typed."""


class UpdateForm(EditForm):
    """The composer. Everything is filled with what is known; empty is refused by the action."""

    id_prefix = "update"
    places = {
        "statement_required": "statement",
        "status_required": "status_text",
        "summary_too_long": "executive_summary",
        "next_update_required": "next_in",
        "next_update_too_late": "next_in",
    }
    for_update = WholeField(widget=forms.HiddenInput, required=False)
    executive_summary = text(
        "The sentence for executives",
        2000,
        help_text="Up to 280 characters. Empty: what we know.",
    )
    status_text = text("What we know", 2000, **UPDATE_KEY)
    hypothesis = text("Hypothesis", 2000)
    current_action = text("Doing now", 2000)
    next_in = forms.ChoiceField(label="Next update at", required=False)
    move_1 = line("Next move", 200)
    move_2 = line("The move after", 200)
    risks = text("Risks", 2000)
    technical_note = text("Technical note (Markdown)", 10000)

    def __init__(
        self,
        *args: Any,
        incident: Incident,
        offered: Iterable[Offer],
        questions: Iterable[Question],
        zone: ZoneInfo,
        files: FilesField,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attachments"] = files
        self.theirs: dict[str, Any] | None = None
        #: Whether the moves it is filled with are the top of Next, and follow it (P44).
        self.follows_next = True
        for name in MOVES:
            self.fields[f"{name}_by"] = MomentField(zone=zone, label="By when", help_text="")
        self.ask_when(zone, "It was said by other means at")
        choices = [(choice_of(offer), offer.words) for offer in offered]
        known = {value for value, _ in choices}
        chosen = self.data.get("next_in") if self.is_bound else None
        if chosen and chosen not in known and moment_of(chosen) is not None:
            # Offered when the composer was opened; whether it still may be promised the rule says.
            choices.append((chosen, "as chosen before"))
        self.fields["next_in"].choices = choices  # type: ignore[attr-defined]
        if incident.statement_confirmed_at is None:
            self.fields["statement"] = text(
                "The miss, in plain words", 500, help_text="Confirm or reword it once."
            )
        self.questions_waiting = list(questions)
        for question in self.questions_waiting:
            self.fields[f"tick_{question.pk}"] = forms.BooleanField(
                label=f"{question.by.name}: “{question.text}”", required=False
            )
            self.fields[f"answer_{question.pk}"] = line("The answer, in a line", 2000)
        if self.questions_waiting:
            self.fields["ticks"] = forms.CharField(
                widget=forms.HiddenInput, required=False, initial="shown"
            )

    def __getitem__(self, name: str) -> forms.BoundField:
        """A field; a move carries what it was filled with where it follows the top of Next."""
        if name in (*MOVES, *MOVES_WHEN) and self.follows_next:
            watch(self, name)
        return super().__getitem__(name)

    @property
    def moves_typed(self) -> bool:
        """Whether somebody wrote the moves, rather than left them as they were filled in."""
        return any(name in self.changed_data for name in (*MOVES, *MOVES_WHEN))

    def clean(self) -> dict[str, Any]:
        """Where ticks were shown, a ticked question has its line, and only a ticked one is sent."""
        values = super().clean()
        if not values.get("ticks"):
            return values
        for question in self.questions_waiting:
            name = f"answer_{question.pk}"
            if not values.get(f"tick_{question.pk}"):
                values[name] = ""
            elif not values.get(name):
                self.add_error(name, "Answer it in a line, or untick it.")
        return values

    def refuse(self, refusal: Refused) -> None:
        """After ``stale`` theirs stands beside each field, and the next attempt counts on it."""
        super().refuse(refusal)
        if refusal.code == "stale" and "number" in refusal.facts.get("current", {}):
            self.theirs = refusal.facts["current"]
            again = QueryDict(mutable=True)
            again.update(self.data)
            again["for_update"] = str(self.theirs["number"] + 1)
            self.data = again

    @property
    def statement(self) -> Any:
        """The field that names the miss, while it is not named."""
        return self["statement"] if "statement" in self.fields else None

    @property
    def attachments(self) -> Any:
        """The pictures and files of the technical note."""
        return self["attachments"]

    @property
    def ticks(self) -> Any:
        """The hidden field that says that ticks were shown."""
        return self["ticks"]

    @property
    def answer_fields(self) -> list[tuple[Any, Any]]:
        """A tick and a line for each question that this update may answer."""
        return [
            (self[f"tick_{question.pk}"], self[f"answer_{question.pk}"])
            for question in self.questions_waiting
        ]

    @property
    def opens_more(self) -> bool:
        """Whether something is wrong in the part that is folded away."""
        folded = (*MOVES, *MOVES_WHEN, "risks", "technical_note", "attachments", *self.folded)
        if not self.is_bound:
            return False
        return bool(self["attachments"].value()) or any(name in self.errors for name in folded)


def choice_of(offer: Offer) -> str:
    """What the composer sends for an offer: minutes, or the moment."""
    return str(offer.minutes) if offer.at is None else offer.at.isoformat()


def moment_of(choice: str) -> datetime | None:
    """The moment that a choice of the composer means now, or nothing."""
    minutes = whole(choice)
    if minutes is None:
        return carried_moment(choice)
    return now() + timedelta(minutes=minutes) if minutes <= LONGEST_MIN else None


def as_update(form: UpdateForm, values: dict[str, Any]) -> dict[str, Any]:
    """The action's arguments for what the composer read; an empty summary is what we know.

    Moves that nobody typed are the top of Next as it is then, not as it was when it was opened.
    """
    moves = [
        {"text": values[name], "by_when": values.get(f"{name}_by")}
        for name in MOVES
        if values.get(name)
    ]
    status_text = values.get("status_text", "")
    return {
        "status_text": status_text,
        "hypothesis": values.get("hypothesis", ""),
        "current_action": values.get("current_action", ""),
        "risks": values.get("risks", ""),
        "technical_note": values.get("technical_note", ""),
        "executive_summary": values.get("executive_summary") or status_text,
        "next_moves": moves if form.moves_typed else None,
        "next_update_at": moment_of(values.get("next_in") or ""),
        "for_update": values.get("for_update"),
        "answers": answers_in(values),
        "attachments": values.get("attachments") or [],
        "occurred_at": values.get("occurred_at"),
        **({"statement": values["statement"]} if values.get("statement") else {}),
    }
