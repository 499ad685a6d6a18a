"""The buttons beside what agents left: confirm, it is wrong, put aside, off and on (P37)."""

from typing import Any

from django.http import HttpResponse

from incidents.agents.actions import confirm_note, drop_draft, reject_note
from incidents.agents.queries import draft_waiting
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import accepted, on_incident


@on_incident("POST")
def note(request: PersonRequest, incident: Incident, seq: int) -> HttpResponse:
    """Confirm (``is=confirmed``) what an agent noted, or say that it is wrong."""
    if request.POST.get("is") == "confirmed":
        confirm_note(incident, seq, by=request.user)
        return accepted(request, incident, "Confirmed: it is a fact now, in your name.")
    reject_note(incident, seq, by=request.user)
    return accepted(request, incident, "Marked as wrong.")


@on_incident("POST")
def draft(request: PersonRequest, incident: Incident, draft_id: int) -> HttpResponse:
    """Put a draft aside."""
    if not incident.drafts.filter(pk=draft_id).exists():
        raise NotVisible
    drop_draft(draft_id, by=request.user)
    return accepted(request, incident, "Put aside.")


@on_incident("POST")
def agents(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Switch agents off (``are=off``) or on."""
    is_on = request.POST.get("are") != "off"
    change_incident(incident, by=request.user, agents=is_on)
    said = "Agents may speak again." if is_on else "Agents are off: they read, and say nothing."
    return accepted(request, incident, said)


def from_draft(incident: Incident, draft_id: int | None) -> dict[str, Any]:
    """What a draft fills into the composer, as far as it says something; nothing for none."""
    found = draft_waiting(incident, draft_id) if draft_id is not None else None
    if found is None:
        return {}
    moves = {f"move_{n}": text for n, text in enumerate(found.next_moves[:2], start=1)}
    texts = {
        name: getattr(found, name)
        for name in (
            *("status_text", "hypothesis", "current_action", "risks"),
            *("executive_summary", "technical_note"),
        )
    }
    return {name: value for name, value in {**texts, **moves}.items() if value}
