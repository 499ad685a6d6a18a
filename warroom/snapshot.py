"""The whole incident as one file that needs nothing else: no network, no script, no account."""

from django.http import HttpResponse
from django.template.loader import render_to_string

from incidents.cards.models import Column
from incidents.impact.queries import impact_total, impacts_of, is_at_least
from incidents.obligations.queries import obligations_of
from incidents.record.models import TIME_NAMES, Incident
from incidents.updates.told import told_updates
from people.requests import PersonRequest
from warroom.answering import on_incident
from warroom.details import TIME_LABELS
from warroom.updates import room_of

SHEET = "warroom/snapshot/sheet.css"
"""Stands inside of the file, which finds no other."""


@on_incident("GET")
def snapshot(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Everything who may see the incident sees of it, as it is now, to be passed on by any means.

    All updates, cards, questions and entries of the record, times in UTC. Fifteen queries.
    """
    room = room_of(incident)
    cards = incident.cards.select_related("owner", "pair").order_by("position", "pk")
    shown = room.incident
    facts = {
        **room.context,
        "by": request.user,
        "moment": room.at,
        "times": [
            (TIME_LABELS[name], getattr(shown, name))
            for name in TIME_NAMES
            if getattr(shown, name) is not None
        ],
        "board": [
            (column.label, [card for card in cards if card.column == column]) for column in Column
        ],
        "updates": told_updates(incident),
        "asked": list(incident.questions.select_related("by", "answered_by", "answered_in")),
        "clocks": obligations_of(incident),
        "record": incident.entries.select_related("actor").order_by("seq"),
        "counted": [
            (one, impact_total(one, shown, room.at), is_at_least(shown))
            for one in impacts_of(incident)
        ],
    }
    html = render_to_string("warroom/snapshot/snapshot.html", facts, using="jinja2")
    sheet = render_to_string(SHEET, using="jinja2")
    styled = html.replace("</title>", f"</title>\n    <style>\n{sheet}    </style>", 1)
    answer = HttpResponse(styled)
    name = f"{incident.ref}-{room.at:%Y-%m-%d-%H%M}.html"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
