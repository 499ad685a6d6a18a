"""The start page, the list of incidents, and their names for the palette."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.home import panels
from incidents.models import Incident, Severity, Status
from incidents.queries.home import list_incidents, load_home
from incidents.views.answering import PersonRequest, responders_only

PER_PAGE = 50


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What needs this person now. Stakeholders have a start page of their own."""
    user = cast(PersonRequest, request).user
    if not user.is_responder:
        return HttpResponseRedirect("/stakeholders/")
    found = load_home(user)
    slots = [(panel.template, panel.load(user)) for panel in panels()]
    facts = {"home": found, "slots": slots, "now": found.at}
    return render(request, "incidents/home.html", facts, using="jinja2")


@login_required
@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    """Every incident this responder may see, newest first."""
    user = cast(PersonRequest, request).user
    responders_only(user)
    chosen = {name: request.GET.get(name, "")[:200] for name in ("status", "severity", "q")}
    if chosen["status"] not in ("open", *Status.values):
        chosen["status"] = ""
    if chosen["severity"] not in Severity.values:
        chosen["severity"] = ""
    found = list_incidents(
        user, status=chosen["status"], severity=chosen["severity"], words=chosen["q"]
    )
    query = request.GET.copy()
    query.pop("page", None)
    facts = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "chosen": chosen,
        "statuses": [("open", "Open"), *Status.choices],
        "severities": Severity.choices,
        "query": query.urlencode(),
    }
    return render(request, "incidents/list.html", facts, using="jinja2")


@login_required
@require_safe
def names(request: HttpRequest) -> HttpResponse:
    """Open incidents and the latest others, for the palette."""
    user = cast(PersonRequest, request).user
    responders_only(user)
    visible = Incident.objects.visible_to(user)
    newest = [*visible.open()[:50], *visible.exclude(pk__in=visible.open())[:20]]
    items = [{"ref": one.ref, "title": one.title, "path": one.get_absolute_url()} for one in newest]
    return JsonResponse({"items": items})
