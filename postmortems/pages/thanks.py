"""Thanking somebody by name: from the war room at any time, and from the review."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from incidents.record.models import Incident
from incidents.record.visibility import get_incident
from pages.editor import Editor, attempt, is_alone, taken_back, told
from people.requests import PersonRequest
from postmortems.pages.answering import edit, on_review, posted, show_editor, signed_in
from postmortems.pages.forms import ThanksForm
from postmortems.review.models import Postmortem
from postmortems.review.spoke_up import who_spoke_up
from postmortems.review.thanks import thank
from refusals.errors import Forbidden

EDITOR = Editor("Thank somebody", "Thank", "It reaches them. This is where names belong.")


@on_review("GET", "POST")
def of_review(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Thank somebody in the review; ``?person=`` begins with what they spoke up about."""
    form = _form(request, postmortem.incident)
    act = _act(request, postmortem.incident)
    return edit(request, postmortem, form, act, EDITOR, said="Thanked.")


@signed_in("GET", "POST")
def of_incident(request: HttpRequest, ref: str) -> HttpResponse:
    """Thank somebody in the war room, also while the incident runs; it opens no review."""
    person = cast(PersonRequest, request)
    incident = get_incident(person.user, ref)
    if not person.user.is_responder:
        raise Forbidden("Responders thank each other in the war room.")
    form = _form(person, incident)
    status = 200
    if person.method == "POST":
        status = attempt(form, _act(person, incident))
        if not status:
            if person.htmx and is_alone(person, incident.get_absolute_url()):
                return taken_back(person, "Thanked.", incident.get_absolute_url())
            if person.htmx:
                # What changed in the room comes with its stream.
                return told(HttpResponse(), "Thanked.")
            messages.success(person, "Thanked.")
            return HttpResponseRedirect(incident.get_absolute_url())
    return show_editor(person, incident, form, EDITOR, status=status)


def _form(request: PersonRequest, incident: Incident) -> ThanksForm:
    return ThanksForm(posted(request), by=request.user, initial=_suggested(request, incident))


def _act(request: PersonRequest, incident: Incident) -> Any:
    return lambda values: thank(incident, by=request.user, **values)


def _suggested(request: PersonRequest, incident: Incident) -> dict[str, Any]:
    """The person and the words of a suggested thank-you."""
    asked = request.GET.get("person", "")
    for one in who_spoke_up(incident) if asked else []:
        if str(one.person.pk) == asked:
            return {"person": one.person.pk, "text": one.words}
    return {}
