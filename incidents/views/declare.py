"""Declaring an incident: a page and a dialog with one line and one choice."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from incidents.actions.declare import declare_incident
from incidents.forms.declare import DeclareForm
from incidents.views.answering import PersonRequest, attempt, responders_only


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Declare and land in the war room; the declarer commands until somebody takes over."""
    asked = cast(PersonRequest, request)
    responders_only(asked.user)
    form = DeclareForm(request.POST or None, person=asked.user)
    status = 200
    if request.method == "POST":
        made = []
        status = attempt(
            form, lambda values: made.append(declare_incident(by=asked.user, **values))
        )
        if not status:
            if not asked.htmx:
                return HttpResponseRedirect(made[0].get_absolute_url())
            answer = HttpResponse()
            answer.headers["HX-Redirect"] = made[0].get_absolute_url()
            answer.headers["HX-Trigger"] = "accepted"
            return answer
    template = "incidents/_declare.html" if asked.htmx else "incidents/declare.html"
    return render(request, template, {"form": form}, status=status, using="jinja2")
