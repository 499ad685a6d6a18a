"""The buttons that make and revoke share links, and the sheet that shows a new one once (P48)."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render

from clock.queries import now
from incidents.record.models import Incident
from incidents.sharing.actions import GOOD_FOR, Shared, revoke_link, share_incident
from pages.editor import Editor, attempt, in_dialog
from pages.fields import MomentField
from pages.forms import EditForm
from pages.numbers import whole
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import accepted, on_incident, regions_now, show_editor


class ShareForm(EditForm):
    """Until when a link opens."""

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_at"] = MomentField(
            zone=zone, label="It opens until", required=True, help_text="90 days at most."
        )


SHARE = Editor(
    "Share by a link",
    "Make the link",
    "Whoever has it reads the stakeholder page, without names, story, technical notes and money.",
)


@on_incident("GET", "POST")
def links(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Make a link in one click (``make``), or until a time one says; ``revoke`` one."""
    me = request.user
    if request.POST.get("revoke"):
        revoke_link(_link_in(incident, request.POST["revoke"]), by=me)
        return accepted(request, incident, "Revoked: it opens nothing any more.")
    if request.POST.get("make"):
        return _shown_once(request, incident, share_incident(incident, by=me))
    made: list[Shared] = []

    def act(values: dict[str, Any]) -> None:
        made.append(share_incident(incident, by=me, expires_at=values["expires_at"]))

    initial = {"expires_at": now() + GOOD_FOR}
    form = ShareForm(request.POST or None, zone=me.zone, initial=initial)
    if request.method != "POST":
        return show_editor(request, incident, form, SHARE)
    if status := attempt(form, act):
        return show_editor(request, incident, form, SHARE, status=status)
    return _shown_once(request, incident, made[0])


def _link_in(incident: Incident, given: str) -> int:
    """The link's id, where it is one of this incident's."""
    link_id = whole(given)
    if link_id is None or not incident.share_links.filter(pk=link_id).exists():
        raise NotVisible
    return link_id


def _shown_once(request: PersonRequest, incident: Incident, shared: Shared) -> HttpResponse:
    """The link's address, which nobody can read again; beside it the room as it is now."""
    facts = {"incident": incident, "address": shared.url, "expires_at": shared.link.expires_at}
    if not request.htmx:
        answer = render(request, "warroom/sharing/link.html", facts, using="jinja2")
    else:
        answer = in_dialog(render(request, "warroom/sharing/_link.html", facts, using="jinja2"))
        answer.write(f"\n{regions_now(incident)}")
    answer.headers["Cache-Control"] = "no-store"
    return answer
