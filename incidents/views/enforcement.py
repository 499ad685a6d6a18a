"""The line that says whether somebody watches over the promises."""

from django.http import HttpResponse
from django.shortcuts import render

from incidents.models import Incident
from incidents.queries.enforcement import watch_of
from incidents.views.answering import PersonRequest, on_incident


@on_incident("GET")
def enforcement(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The line alone, as the war room asks for it every half minute. Two queries and the session's.

    It is asked for, not pushed: when it matters, the machinery that pushes may be what is down.
    """
    facts = {"incident": incident, "watch": watch_of(incident)}
    return render(request, "incidents/warroom/_enforcement.html", facts, using="jinja2")
