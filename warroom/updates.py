"""The composer of updates, and the editor that answers a question."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string

from clock.queries import now
from incidents.attachments.forms import files_field
from incidents.cadence.intervals import Offer, offers
from incidents.record.models import Incident
from incidents.updates.actions import publish_update
from incidents.updates.models import Question
from incidents.updates.questions import answer_question, decline_question
from pages.editor import Editor, attempt, in_dialog, partials
from pages.fields import FilesField, MomentField, WholeField
from pages.forms import EditForm, line, text
from pages.moments import carried_moment
from pages.numbers import asked_number, whole
from pages.remembering import watch
from pages.suggestions import suggestions
from people.models import User
from people.requests import PersonRequest
from refusals.errors import NotVisible, Refused
from warroom.agents import from_draft
from warroom.answering import accepted, answers_in, edit, on_incident
from warroom.prefilled import prefill_update
from warroom.room import Room, room_of

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
        drafted = from_draft(incident, asked_number("draft", request.GET.get("draft")))
        return show_composer(request, room, composer(room, request.user, drafted=drafted))
    room = room_of(incident)
    form = composer(room, request.user, request.POST)
    status = attempt(
        form, lambda values: publish_update(incident, by=request.user, **as_update(form, values))
    )
    if status:
        return show_composer(request, room, form, status)
    answer = accepted(request, incident, "Update published.")
    if request.htmx:
        room = room_of(incident)
        fresh = show_composer(request, room, composer(room, request.user))
        part = b'<hx-partial hx-target="#update" hx-swap="outerMorph">%s</hx-partial>'
        answer.content += part % fresh.content
    return answer


@on_incident("POST")
def preview(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Both versions as they would be published now, into the dialog. Publishes nothing.

    ``live``: beside what is being typed, with what the language check suggests for each text.
    """
    room = room_of(incident)
    form = composer(room, request.user, request.POST)
    form.is_valid()
    values = as_update(form, form.cleaned_data)
    if values["next_moves"] is None:
        top = room.columns["next"][:2]
        values["next_moves"] = [{"text": one.title, "by_when": one.by_when} for one in top]
    asked = {question.pk: question for question in form.questions_waiting}
    facts = {
        "incident": incident,
        "update": values,
        "form": form,
        "answered": [(asked[one["question"]], one["text"]) for one in values["answers"]],
    }
    if request.GET.get("live"):
        return HttpResponse(partials(live_parts(room, form, facts)))
    if request.htmx:
        return in_dialog(render(request, "warroom/updates/_preview.html", facts, using="jinja2"))
    return render(request, "warroom/updates/preview.html", facts, using="jinja2")


@on_incident("GET", "POST")
def question(request: PersonRequest, incident: Incident, question_id: int) -> HttpResponse:
    """Answer one question, or decline it with the words as the reason."""
    found = incident.questions.select_related("by", "answered_by").filter(pk=question_id).first()
    if found is None:
        raise NotVisible
    form = AnswerForm(request.POST or None)
    if found.answered_at or found.declined_at:
        who = found.answered_by.name if found.answered_by else "An update"
        verb, words = (
            ("answered", found.answer)
            if found.answered_at
            else ("declined", found.declined_because)
        )
        form.settled = f"{who} {verb} it: “{words}”"

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


def composer(
    room: Room, by: User, data: Any = None, *, drafted: Mapping[str, Any] | None = None
) -> UpdateForm:
    """The composer for ``by``, with everything that can be known filled in.

    What a draft says stands in place of it.

    Two queries at most.
    """
    offered = offers(room.incident, room.at, room.policy)
    known = {
        **prefill_update(room),
        "for_update": room.next_number,
        "next_in": choice_of(offered[0]),
        **(drafted or {}),
    }
    form = UpdateForm(
        data,
        incident=room.incident,
        offered=offered,
        questions=room.questions,
        zone=by.zone,
        files=files_field(room.incident, by, is_asked=False),
        initial=None if data else known,
    )
    form.follows_next = not {*MOVES} & {*(drafted or {})}
    return form


def live_parts(room: Room, form: UpdateForm, facts: dict[str, Any]) -> dict[str, str]:
    """Both versions side by side, and beside each text what might be said of the system instead.

    It suggests only: nothing of it keeps an update from being published (P53).
    """
    people = [seat.person.name for seat in room.roster]
    parts = {"update-versions": _part("_versions.html", facts)}
    for name in SUGGESTED:
        found = suggestions(str(form.data.get(name, "")), people)
        parts[f"said-{name}"] = _part("_said.html", {"name": name, "found": found})
    return parts


def _part(template: str, facts: dict[str, Any]) -> str:
    return render_to_string(f"warroom/updates/{template}", facts, using="jinja2")


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


def show_composer(
    request: PersonRequest, room: Room, form: UpdateForm, status: int = 200
) -> HttpResponse:
    """The composer as a part, or as a page of its own."""
    facts = {
        "incident": room.incident,
        "composer": form,
        "next_number": room.next_number,
        "composer_mark": room.composer_mark,
    }
    template = "warroom/updates/_composer.html" if request.htmx else "warroom/updates/composer.html"
    return render(request, template, facts, status=status, using="jinja2")
