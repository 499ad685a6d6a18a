"""The war room itself: every region as the stream would send it, and the forms around them."""

from django.http import HttpResponse
from django.shortcuts import render

from incidents.forms.cards import QuickCardForm
from incidents.live import WAR_ROOM
from incidents.models import Incident
from incidents.queries.warroom import likely_serves
from incidents.views.answering import PersonRequest, on_incident
from incidents.views.updates import composer
from live.drawing import drawings
from refusals.errors import NotVisible


@on_incident("GET")
def warroom(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The page. At most 12 queries, however old the incident is."""
    drawing = drawings.draw(WAR_ROOM, incident.pk)
    if drawing is None:
        raise NotVisible
    room = drawing.state.context["room"]
    facts = {
        "incident": incident,
        "regions": drawing.rendered,
        "composer": composer(room),
        "quick_card": QuickCardForm(
            signals=room.signal_rows, initial={"serves": likely_serves(room)}
        ),
        "next_number": room.next_number,
        "watch": room.watch if incident.is_open else None,
        "now": drawing.now,
    }
    return render(request, "incidents/warroom.html", facts, using="jinja2")
