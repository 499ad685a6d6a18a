"""The forms of a review."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from pages.fields import FilesField, MomentField, ParagraphField, WholeField
from pages.forms import EditForm, line, text
from people.models import User
from postmortems.items.models import ActionItem
from postmortems.review.models import GRID_COLUMNS, GRID_ROWS, Postmortem
from refusals.errors import Refused


class VersionedForm(EditForm):
    """A form that remembers which version it started from, so that nobody overwrites unseen."""

    remembers = True
    version = WholeField(widget=forms.HiddenInput, required=False)
    theirs: Any = None

    def refuse(self, refusal: Refused) -> None:
        """After ``stale`` the next attempt starts from what stands there now."""
        super().refuse(refusal)
        if refusal.code == "stale":
            self.theirs = refusal.facts["current"]
            again = QueryDict(mutable=True)
            again.update(self.data)
            again["version"] = str(self.theirs["version"])
            self.data = again


class SummaryForm(VersionedForm):
    """The summary, in plain words."""

    text = text("What happened, for everybody", 5000, autofocus=True, rows=6)


class AnalysisForm(VersionedForm):
    """The analysis, in Markdown."""

    text = text(
        "Analysis",
        20000,
        autofocus=True,
        rows=14,
        help_text="Markdown. Say what the system allowed; names belong into thanks.",
    )


class FilesForm(VersionedForm):
    """The pictures and files that the review shows."""

    def __init__(self, *args: Any, files: FilesField, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attachments"] = files


class GridForm(VersionedForm):
    """Every cell of the grid, a line for each point."""

    def __init__(self, *args: Any, postmortem: Postmortem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row, row_name in GRID_ROWS.items():
            for column, column_name in GRID_COLUMNS.items():
                self.fields[f"{row}-{column}"] = ParagraphField(
                    label=f"{row_name}: {column_name.lower()}",
                    required=False,
                    max_length=10000,
                    widget=forms.Textarea(attrs={"rows": 2, "cols": None}),
                    initial="\n".join(postmortem.grid.get(row, {}).get(column, [])),
                )
        self.fields["version"].initial = postmortem.version_of("grid")

    def grid(self) -> dict[str, dict[str, list[str]]]:
        """The cells as the action takes them."""
        return {
            row: {
                column: self.cleaned_data[f"{row}-{column}"].splitlines() for column in GRID_COLUMNS
            }
            for row in GRID_ROWS
        }


class ThanksForm(EditForm):
    """Whom, and what for."""

    person = forms.ModelChoiceField(User.objects.none(), label="Whom", empty_label=None)
    text = line("What for", 500, required=True, autofocus=True)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.active().exclude(pk=by.pk)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class MeetingForm(EditForm):
    """When the review meets, how long, and who runs it."""

    remembers = True
    facilitator = forms.ModelChoiceField(
        User.objects.none(),
        label="Facilitator",
        empty_label=None,
        help_text="Never the fix owner.",
    )
    meeting_length_min = WholeField(label="Length, minutes", min_value=5, max_value=60, initial=50)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["meeting_at"] = MomentField(zone=zone, label="Meets at", required=True)
        self.fields["facilitator"].queryset = (  # type: ignore[attr-defined]
            User.objects.responders()
        )
        self.order_fields(["meeting_at", "meeting_length_min", "facilitator"])


class ReasonForm(EditForm):
    """Why something is done that needs a reason."""

    places: ClassVar[dict[str, str]] = {
        "reason_required": "reason",
        "language_flagged": "reason",
    }
    reason = line("Why", 500, autofocus=True)


class PublishForm(EditForm):
    """What publication may need."""

    places: ClassVar[dict[str, str]] = {"not_publishable": "no_actions_because"}
    no_actions_because = line("There is no action item because", 1000)

    def __init__(self, *args: Any, has_items: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_items:
            self.fields["no_actions_because"].widget = forms.HiddenInput()


class AgainForm(EditForm):
    """What a reopening showed of a published review."""

    STANDS, REVISE = "stands", "revise"
    places: ClassVar[dict[str, str]] = {"reason_required": "note", "language_flagged": "note"}
    outcome = forms.ChoiceField(
        label="What it says",
        choices=((STANDS, "Stands as it is"), (REVISE, "Is revised and published again")),
        widget=forms.RadioSelect,
        initial=STANDS,
    )
    note = text("What the reopening showed", 1000, autofocus=True)


class ListForm(EditForm):
    """The look at the list: three questions and a word for each item."""

    ASKED = (("started", "started"), ("owned", "owned"), ("still_right", "still right"))
    ANSWERS = (("", "not answered"), ("yes", "yes"), ("no", "no"))

    def __init__(self, *args: Any, items: Sequence[ActionItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            for name, words in self.ASKED:
                self.fields[f"{item.pk}-{name}"] = forms.ChoiceField(
                    label=f"“{item.title}”, {item.owner.name}: {words}?",
                    choices=self.ANSWERS,
                    required=False,
                )
            self.fields[f"{item.pk}-word"] = line(f"“{item.title}”: a word", 500)

    def looks(self) -> Iterator[tuple[ActionItem, dict[str, Any]]]:
        """The items that were answered, and how; what is wholly empty waits."""
        answers = {"yes": True, "no": False}
        for item in self.items:
            given = {
                name: answers.get(self.cleaned_data[f"{item.pk}-{name}"]) for name, _ in self.ASKED
            }
            word = self.cleaned_data[f"{item.pk}-word"]
            if word or any(answer is not None for answer in given.values()):
                yield item, {**given, "word": word}


class NoteForm(EditForm):
    """What was done."""

    note = text("Note", 1000, autofocus=True)
