"""The page of every promise of an incident (P45)."""

from django.http import HttpResponse
from django.shortcuts import render

from clock.queries import now
from deadlines.promises import deadlines_of, heard_of, promise_at
from incidents.record.models import Incident
from people.requests import PersonRequest
from warroom.answering import on_incident

SHOWN = 500


@on_incident("GET")
def promises(request: PersonRequest, incident: Incident) -> HttpResponse:
    """What was promised, how it was kept, who heard what when; the newest five hundred."""
    moment = now()
    owed = list(deadlines_of(incident.pk)[:SHOWN])
    facts = {
        "incident": incident,
        "promises": [promise_at(one, moment) for one in owed],
        "heard": heard_of(incident.pk, owed),
        "now": moment,
    }
    return render(request, "warroom/updates/promises.html", facts, using="jinja2")
