"""The war room itself: every region as the stream would send it, and the forms around them.

And the line that says whether enforcement runs, which the page asks for by itself.
"""

from django.http import HttpResponse
from django.shortcuts import render

from incidents.record.models import Incident
from live.state_cache import state_cache
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import on_incident
from warroom.board import quick_card
from warroom.enforcement import watch_of
from warroom.live import WAR_ROOM, grown_to
from warroom.updates import composer_of


@on_incident("GET")
def warroom(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The page. At most 12 queries, however old the incident is."""
    cached = state_cache.get(WAR_ROOM, incident.pk, version=grown_to(incident))
    if cached is None:
        raise NotVisible
    room = cached.state.context["room"]
    facts = {
        "incident": incident,
        "regions": cached.rendered,
        "composer": composer_of(room, request.user),
        "quick_card": quick_card(room),
        "quick_mark": room.quick_mark,
        "next_number": room.next_number,
        "composer_mark": room.composer_mark,
        "watch": room.watch if incident.is_open else None,
        "now": cached.now,
    }
    return render(request, "warroom/room.html", facts, using="jinja2")


@on_incident("GET")
def enforcement(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The line alone, as the war room asks for it every half minute. Two queries and the session's.

    It is asked for, not pushed: when it matters, the machinery that pushes may be what is down.
    """
    facts = {"incident": incident, "watch": watch_of(incident)}
    return render(request, "warroom/room/_enforcement.html", facts, using="jinja2")
