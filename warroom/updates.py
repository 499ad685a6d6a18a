"""The composer of updates, and the editor that answers a question."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from markupsafe import Markup

from incidents.attachments.forms import files_field
from incidents.cadence.intervals import Offer, offers
from incidents.record.models import Incident
from incidents.updates.actions import publish_update
from incidents.updates.questions import answer_question, decline_question
from pages.drawn import Drawn
from pages.editor import Editor, attempt, in_dialog, partials
from pages.forms import EditForm, text
from pages.numbers import asked_number
from pages.suggestions import suggestions
from people.models import User
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.agents import from_draft
from warroom.answering import accepted, edit, on_incident
from warroom.prefilled import prefill_update
from warroom.room import Room, room_of
from warroom.update_forms import MOVES, SUGGESTED, UpdateForm, as_update, choice_of


class AnswerForm(EditForm):
    """Words to whoever asked."""

    text = text(
        "Answer",
        2000,
        required=True,
        autofocus=True,
        help_text="It stands on the stakeholder page.",
    )


_drawn = Drawn(128)


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
    room: Room,
    by: User,
    data: Any = None,
    *,
    drafted: Mapping[str, Any] | None = None,
    offered: Sequence[Offer] | None = None,
) -> UpdateForm:
    """The composer for ``by``, with everything that can be known filled in.

    What a draft says stands in place of it. ``offered`` are the next times, if they were asked for.
    """
    offered = offered or offers(room.incident, room.at, room.policy)
    known = {**known_of(room, offered), **(drafted or {})}
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


def known_of(room: Room, offered: Sequence[Offer]) -> dict[str, Any]:
    """What fills the composer."""
    return {
        **prefill_update(room),
        "for_update": room.next_number,
        "next_in": choice_of(offered[0]),
    }


@dataclass(frozen=True)
class Composer:
    """The composer as a page draws it: its form, and the facts that it is filled from if only them.

    Drawn once for the same facts: its fields are two fifths of a war room that was just drawn.
    """

    ref: str
    next_number: int
    form: Callable[[], UpdateForm]
    facts: tuple[Hashable, ...] = ()

    def drawn(self, fields: Callable[[str, int, UpdateForm], Markup]) -> Markup:
        """Its fields by that macro. Nothing is kept of what somebody typed, or a draft says."""

        def draw() -> Markup:
            return fields(self.ref, self.next_number, self.form())

        return _drawn.get((self.ref, *self.facts), draw) if self.facts else draw()


def composer_of(room: Room, by: User) -> Composer:
    """The composer that nobody has touched, as ``by`` reads it."""
    offered = offers(room.incident, room.at, room.policy)
    facts = (
        tuple(known_of(room, offered).items()),
        tuple((choice_of(one), one.words) for one in offered),
        tuple((one.pk, one.by.name, one.text) for one in room.questions),
        room.incident.statement_confirmed_at is None,
        str(by.zone),
    )

    def form() -> UpdateForm:
        return composer(room, by, offered=offered)

    return Composer(room.incident.ref, room.next_number, form, facts)


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


def show_composer(
    request: PersonRequest, room: Room, form: UpdateForm, status: int = 200
) -> HttpResponse:
    """The composer as a part, or as a page of its own."""
    facts = {
        "incident": room.incident,
        "composer": Composer(room.incident.ref, room.next_number, lambda: form),
        "next_number": room.next_number,
        "composer_mark": room.composer_mark,
    }
    template = "warroom/updates/_composer.html" if request.htmx else "warroom/updates/composer.html"
    return render(request, template, facts, status=status, using="jinja2")
