"""The whole incident as one file that needs nothing else: no network, no script, no account."""

from base64 import b64encode

from django.http import HttpResponse
from django.template.loader import render_to_string

from incidents.attachments.queries import small_pictures_of, with_files
from incidents.cards.models import Column
from incidents.impact.queries import impact_total, impacts_of, is_at_least
from incidents.obligations.queries import obligations_of
from incidents.record.models import TIME_NAMES, Incident
from incidents.record.visibility import helps
from incidents.updates.told import told_updates
from notifications.attachments import Attachment
from notifications.models import Delivery
from people.models import User
from people.requests import PersonRequest
from warroom.answering import on_incident
from warroom.details import TIME_LABELS
from warroom.room import room_of

SHEET = "warroom/snapshot/sheet.css"
"""Stands inside of the file, which finds no other."""


@on_incident("GET")
def snapshot(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Everything who may see the incident sees of it, as it is now, to be passed on anyhow."""
    file = snapshot_of(incident, request.user)
    answer = HttpResponse(file.content)
    answer.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return answer


def attach(delivery: Delivery) -> Attachment | None:
    """The file for a mail to somebody who still may enter the war room. Nineteen queries."""
    person = delivery.person
    seen = Incident.objects.visible_to(person) if person is not None else Incident.objects.none()
    incident = seen.filter(pk=delivery.incident_id or 0).first()
    if person is None or incident is None:
        return None
    if not person.is_responder and not helps(person, incident.pk):
        return None
    return snapshot_of(incident, person)


def _pictures(incident: Incident) -> dict[int, str]:
    """The small pictures of an incident by the id of their file, as data addresses. One query."""
    found = small_pictures_of(incident)
    return {
        pk: f"data:image/webp;base64,{b64encode(small).decode()}" for pk, small in found.items()
    }


def snapshot_of(incident: Incident, by: User) -> Attachment:
    """The file, made for ``by``, who may enter the war room.

    All updates, cards, questions and entries of the record, times in UTC; pictures small, files by
    name and digest. Sixteen queries.
    """
    room = room_of(incident)
    cards = incident.cards.select_related("owner", "pair").order_by("position", "pk")
    shown = room.incident
    facts = {
        **room.context,
        "by": by,
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
        "record": with_files(incident.entries.select_related("actor").order_by("seq")),
        "pictures": _pictures(incident),
        "counted": [
            (one, impact_total(one, shown, room.at), is_at_least(shown))
            for one in impacts_of(incident)
        ],
    }
    html = render_to_string("warroom/snapshot/snapshot.html", facts, using="jinja2")
    sheet = render_to_string(SHEET, using="jinja2")
    styled = html.replace("</title>", f"</title>\n    <style>\n{sheet}    </style>", 1)
    name = f"{incident.ref}-{room.at:%Y-%m-%d-%H%M}.html"
    return Attachment(name, "text/html", styled.encode())
