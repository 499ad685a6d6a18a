"""How a sheet of changes is shown beside the board, and where its refusals lead on."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from incidents.record.models import Incident
from pages.editor import in_dialog
from pages.forms import EditForm
from people.requests import PersonRequest


def focus(form: EditForm, name: str) -> None:
    """Let the sheet open with the caret in that field, if one is named."""
    if name:
        form.fields[name].widget.attrs["autofocus"] = True


def ways_out(incident: Incident, code: str, card_id: int) -> list[tuple[str, str]]:
    """Where a refusal leads on: addresses with their words."""
    path = incident.get_absolute_url()
    match code:
        case "go_required":
            return [(f"{path}go/", "Give the go"), (f"{path}asks/?what=go", "Ask for it")]
        case "change_in_flight":
            return [
                (f"{path}second-change/", "Allow a second"),
                (f"{path}asks/?what=second_change", "Ask for it"),
            ]
        case "line_stopped":
            return [(f"{path}resume/", "Resume"), (f"{path}asks/?what=resume", "Ask for it")]
        case "card_serves_nothing":
            return [(f"{path}cards/{card_id}/", "Say what it moves")]
        case "card_not_ready":
            return [(f"{path}cards/{card_id}/", "All its fields")]
        case "only_commander" | "self_approval":
            return [(f"{path}asks/?what=approve", "Ask who may")]
        case "commander_cannot_own_work":
            return [(f"{path}roles/?role=commander", "Hand over command")]
    return []


def show(
    request: PersonRequest,
    incident: Incident,
    part: str,
    facts: dict[str, Any],
    *,
    status: int = 200,
    is_new: bool = False,
) -> HttpResponse:
    """A sheet of changes, as a part or as a page of its own."""
    template = f"warroom/changes/{part}"
    facts = {"incident": incident, "part": template, **facts}
    if not request.htmx:
        template = "warroom/changes/page.html"
    answer = render(request, template, facts, status=status, using="jinja2")
    return in_dialog(answer) if request.htmx and is_new else answer
