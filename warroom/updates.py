"""The composer of updates, and the editor that answers a question."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from clock.queries import now
from incidents.record.models import Incident
from incidents.updates.actions import publish_update
from incidents.updates.models import Question
from incidents.updates.questions import answer_question, decline_question
from pages.editor import Editor, attempt
from pages.forms import EditForm, line, text
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import accepted, edit, on_incident
from warroom.room import Room, load_room, prefill_update

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


@on_incident("GET", "POST")
def updates(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Publish an update. It promises the next one."""
    if request.method != "POST":
        room = room_of(incident)
        return show_composer(request, room, composer(room))
    room = room_of(incident)
    form = composer(room, request.POST)
    status = attempt(
        form, lambda values: publish_update(incident, by=request.user, **as_update(values))
    )
    if status:
        return show_composer(request, room, form, status)
    answer = accepted(request, incident, "Update published.")
    if request.htmx:
        room = room_of(incident)
        fresh = show_composer(request, room, composer(room))
        part = b'<hx-partial hx-target="#update" hx-swap="outerMorph">%s</hx-partial>'
        answer.content += part % fresh.content
    return answer


@on_incident("POST")
def preview(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Both versions as they would be published now. Publishes nothing."""
    form = composer(room_of(incident), request.POST)
    form.is_valid()
    values = as_update(form.cleaned_data)
    facts = {"incident": incident, "update": values, "form": form}
    if request.htmx:
        answer = render(request, "warroom/updates/_preview.html", facts, using="jinja2")
        answer.content = (
            b'<hx-partial hx-target="#editor-body" hx-swap="innerHTML">'
            + answer.content
            + b"</hx-partial>"
        )
        return answer
    return render(request, "warroom/updates/preview.html", facts, using="jinja2")


@on_incident("GET", "POST")
def question(request: PersonRequest, incident: Incident, question_id: int) -> HttpResponse:
    """Answer one question, or decline it with the words as the reason."""
    found = incident.questions.select_related("by").filter(pk=question_id).first()
    if found is None:
        raise NotVisible
    form = AnswerForm(request.POST or None)

    def act(values: dict[str, Any]) -> None:
        if request.POST.get("decline"):
            decline_question(found.pk, by=request.user, text=values["text"])
        else:
            answer_question(found.pk, by=request.user, text=values["text"])

    return edit(
        request,
        incident,
        form,
        act,
        Editor(
            f"“{found.text}”",
            "Answer",
            f"{found.by.name} asked.",
            beside="warroom/updates/_decline.html",
        ),
        said="Answered.",
    )


def composer(room: Room, data: Any = None) -> UpdateForm:
    """The composer with everything that can be known filled in."""
    return UpdateForm(
        data,
        incident=room.incident,
        interval_min=room.interval_min,
        questions=room.questions,
        initial=None if data else prefill_update(room),
    )


def room_of(incident: Incident) -> Room:
    """The incident's room, which is there since the incident is."""
    room = load_room(incident.pk)
    if room is None:
        raise NotVisible
    return room


def as_update(values: dict[str, Any]) -> dict[str, Any]:
    """The action's arguments for what the composer read; an empty summary is what we know."""
    minutes = values.get("next_in")
    moves = [values.get(name, "") for name in ("move_1", "move_2")]
    answers = values.get("answers")
    status_text = values.get("status_text", "")
    return {
        "status_text": status_text,
        "hypothesis": values.get("hypothesis", ""),
        "current_action": values.get("current_action", ""),
        "risks": values.get("risks", ""),
        "technical_note": values.get("technical_note", ""),
        "executive_summary": values.get("executive_summary") or status_text,
        "next_moves": [move for move in moves if move],
        "next_update_at": now() + timedelta(minutes=minutes) if minutes else None,
        "answers": [int(pk) for pk in answers] if answers else [],
        **({"statement": values["statement"]} if values.get("statement") else {}),
    }


def show_composer(
    request: PersonRequest, room: Room, form: UpdateForm, status: int = 200
) -> HttpResponse:
    """The composer as a part, or as a page of its own."""
    facts = {
        "incident": room.incident,
        "composer": form,
        "next_number": room.next_number,
    }
    template = "warroom/updates/_composer.html" if request.htmx else "warroom/updates/composer.html"
    return render(request, template, facts, status=status, using="jinja2")
