"""Updates, questions, and the end of an incident."""

from collections.abc import Iterable
from typing import Any

from django import forms

from incidents.forms.base import EditForm, line, text
from incidents.models import OPEN_STATUSES, Incident, Question, Status
from refusals.errors import Refused

OPEN_ANDS = (*OPEN_STATUSES, Status.RESOLVED, Status.CANCELLED, Status.MERGED)
AFTERWARDS = (Status.CLOSED, *OPEN_STATUSES)


UPDATE_KEY: dict[str, Any] = {
    "data-key": "u",
    "data-command": "Write an update",
    "data-tab": "update",
}


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
    status_text = text("What we know", 2000, **UPDATE_KEY)
    hypothesis = text("Hypothesis", 2000)
    current_action = text("Doing now", 2000)
    next_in = forms.TypedChoiceField(
        label="Next update at", coerce=int, required=False, empty_value=None
    )
    executive_summary = text(
        "Summary for executives", 2000, help_text="Up to 280 characters. Empty: what we know."
    )
    move_1 = line("Next move", 200)
    move_2 = line("The move after", 200)
    risks = text("Risks", 2000)
    technical_note = text("Technical note (Markdown)", 10000)
    answers = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self,
        *args: Any,
        incident: Incident,
        interval_min: int,
        questions: Iterable[Question],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        steps = [step for step in (5, 10, 15, 20, 30, 45, 60, 120, 240) if step < interval_min]
        self.fields["next_in"].choices = [  # type: ignore[attr-defined]
            (str(interval_min), f"in {interval_min} min, the {incident.severity.upper()} limit"),
            *[(str(step), f"in {step} min") for step in reversed(steps)],
        ]
        if incident.statement_confirmed_at is None:
            self.fields["statement"] = text(
                "The miss, in plain words", 500, help_text="Confirm or reword it once."
            )
        self.questions_waiting = list(questions)
        if self.questions_waiting:
            self.fields["answers"].choices = [  # type: ignore[attr-defined]
                (str(question.pk), question.text) for question in self.questions_waiting
            ]
        else:
            del self.fields["answers"]

    @property
    def statement(self) -> Any:
        """The field that names the miss, while it is not named."""
        return self["statement"] if "statement" in self.fields else None

    @property
    def answers_field(self) -> Any:
        """The questions this update may answer, when there are any."""
        return self["answers"] if "answers" in self.fields else None

    @property
    def opens_more(self) -> bool:
        """Whether something is wrong in the part that is folded away."""
        folded = ("executive_summary", "move_1", "move_2", "risks", "technical_note", "answers")
        return any(name in self.errors for name in folded) if self.is_bound else False


class AnswerForm(EditForm):
    """Words to whoever asked."""

    text = text(
        "Answer",
        2000,
        required=True,
        autofocus=True,
        help_text="It stands on the stakeholder page.",
    )


class StatusForm(EditForm):
    """The next step of the lifecycle; resolving carries its all-clear."""

    places = {
        "reason_required": "reason",
        "all_clear_required": "executive_summary",
        "summary_too_long": "executive_summary",
        "end_state_not_met": "override",
    }
    whens = {
        "reason": "open cancelled merged",
        "into": "merged",
        "executive_summary": "resolved",
        "what_follows": "resolved",
        "watching": "resolved",
        "override": "resolved",
    }
    to = forms.ChoiceField(label="Status")
    reason = line("Why", 500, help_text="Needed for going back, reopening, cancelling and merging.")
    into = line("Merge into", 20, placeholder="INC-41")
    executive_summary = text(
        "All clear: what happened and that it is over",
        2000,
        help_text="Up to 280 characters, plain.",
    )
    what_follows = text("What follows", 2000)
    watching = line("Who watches tonight", 200)
    override = text(
        "If the end state is not met: resolve anyway, because the end state is not met, because",
        500,
        help_text="Only the commander. Every later page shows it.",
    )

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reachable = OPEN_ANDS if incident.is_open else AFTERWARDS
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (status.value, status.label) for status in reachable if status != incident.status
        ]

    def refuse(self, refusal: Refused) -> None:
        """The refusal; where the signals say no, the click that keeps watching."""
        super().refuse(refusal)
        if refusal.code in ("end_state_not_met", "only_commander", "all_clear_required"):
            self.way_out = ("to", "monitoring", "Keep monitoring")
