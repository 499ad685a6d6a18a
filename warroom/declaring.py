"""The page that declares an incident."""

from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Kind, Service, SeverityPolicy
from pages.editor import attempt
from pages.fields import MomentField
from pages.forms import EditForm, line
from people.models import User
from people.requests import PersonRequest
from warroom.answering import responders_only


class DeclareForm(EditForm):
    """One line and one choice; Enter is enough."""

    title = line(
        "What is broken?", 200, required=True, autofocus=True, placeholder="Order API answers 500"
    )
    severity = forms.ChoiceField(
        label="How bad? Unsure means the higher.", widget=forms.RadioSelect, initial="sev1"
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.all(), label="Services", required=False, widget=forms.CheckboxSelectMultiple
    )
    kind = forms.ChoiceField(label="Kind", choices=Kind, initial=Kind.INCIDENT, required=False)
    private = forms.BooleanField(
        label="Private: only its roster and administrators know of it", required=False
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policies = list(SeverityPolicy.objects.all())
        self.fields["severity"].choices = [  # type: ignore[attr-defined]
            (policy.severity, policy.definition) for policy in self.policies
        ]
        self.fields["impact_started_at"] = MomentField(
            zone=person.zone, label="Impact began (if known)"
        )
        self.fields["occurred_at"] = MomentField(
            zone=person.zone, label="It was declared at (to record it afterwards)"
        )

    def clean_kind(self) -> str:
        """An incident unless said otherwise."""
        return self.cleaned_data["kind"] or Kind.INCIDENT


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Declare and land in the war room; the declarer commands until somebody takes over."""
    asked = cast(PersonRequest, request)
    responders_only(asked.user)
    kind = request.GET.get("kind", "")
    known = {"kind": kind} if kind in Kind.values else {}
    form = DeclareForm(request.POST or None, person=asked.user, initial=known)
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
    template = "warroom/declaring/_declare.html" if asked.htmx else "warroom/declaring/declare.html"
    return render(request, template, {"form": form}, status=status, using="jinja2")
