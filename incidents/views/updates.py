"""Updates: the composer, the preview of both versions, answering questions."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from clock.queries import now
from incidents.actions.questions import answer_question, decline_question
from incidents.actions.updates import publish_update
from incidents.forms.updates import AnswerForm, UpdateForm
from incidents.models import Incident
from incidents.queries.warroom import Room, load_room, prefill_update
from incidents.views.answering import (
    Editor,
    PersonRequest,
    accepted,
    attempt,
    edit,
    on_incident,
)
from refusals.errors import NotVisible


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
        answer = render(request, "incidents/_preview.html", facts, using="jinja2")
        answer.content = (
            b'<hx-partial hx-target="#editor-body" hx-swap="innerHTML">'
            + answer.content
            + b"</hx-partial>"
        )
        return answer
    return render(request, "incidents/preview.html", facts, using="jinja2")


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
            beside="incidents/warroom/_decline.html",
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
    template = "incidents/warroom/_composer.html" if request.htmx else "incidents/composer.html"
    return render(request, template, facts, status=status, using="jinja2")
