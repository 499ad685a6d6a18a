"""How every view of this app finds its incident and answers a form: one way for all of them.

A GET shows the editor, as a page or as a part for the dialog. A POST runs one action; accepted, it
answers with the regions as they are now (without htmx: a redirect); refused, with the bound form.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from clock.queries import now
from incidents.forms.base import EditForm
from incidents.live import WAR_ROOM
from incidents.models import Incident
from incidents.queries.incidents import get_incident
from live.drawing import show
from people.models import User
from refusals.errors import Forbidden, Invalid, Refused
from waits.trouble import BUSY, is_busy

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request of somebody signed in, with htmx's headers read."""

    user: User  # type: ignore[assignment]
    htmx: HtmxDetails


View = Callable[Concatenate[PersonRequest, Incident, P], HttpResponse]


def responders_only(user: User) -> None:
    """The war room is for responders; a stakeholder has a page of their own (``Forbidden``)."""
    if not user.is_responder:
        raise Forbidden("The war room is for responders. Your page is under Stakeholders.")


def on_incident(*methods: str) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """Give a view the incident of its address: signed in, visible (404), a responder (403).

    One query besides the session's.
    """

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        @login_required
        @require_http_methods([*methods])
        @wraps(view)
        def answered(
            request: PersonRequest, ref: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            incident = get_incident(request.user, ref)
            responders_only(request.user)
            return view(request, incident, *args, **kwargs)

        return answered

    return decorate


@dataclass(frozen=True)
class Editor:
    """What an editor says around its fields."""

    title: str
    submit: str = "Save"
    intro: str = ""
    beside: str | None = None
    danger: bool = False
    status: int = 200


def edit(
    request: PersonRequest,
    incident: Incident,
    form: EditForm,
    act: Callable[[dict[str, Any]], object],
    editor: Editor,
    *,
    said: str,
    **context: Any,
) -> HttpResponse:
    """Show ``form``, or run ``act`` on what it read and say ``said``.

    ``act`` is a call of an action. What it refuses stands on the form afterwards, with 409 for a
    rule, 422 for a value, and everything typed.
    """
    if request.method != "POST":
        return show_editor(request, incident, form, editor, **context)
    if status := attempt(form, act):
        return show_editor(request, incident, form, editor, status=status, **context)
    return accepted(request, incident, said)


def attempt(form: EditForm, act: Callable[[dict[str, Any]], object]) -> int:
    """Run ``act`` on the form's values; 0 when it was done, else the status of the refusal.

    503 when others hold what it needs: nothing was done, and everything typed is on the form.
    """
    if not form.is_valid():
        return 422
    try:
        act(form.cleaned_data)
    except Refused as refusal:
        form.refuse(refusal)
        return refusal.status
    except Invalid as invalid:
        form.mark(invalid)
        return invalid.status
    except OperationalError as error:
        if not is_busy(error):
            raise
        form.refusal = BUSY
        return 503
    return 0


def show_editor(
    request: PersonRequest,
    incident: Incident | None,
    form: EditForm,
    editor: Editor,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The editor as a page, or as a part when htmx asks."""
    facts = {
        "form": form,
        "incident": incident,
        "action": context.pop("action", request.get_full_path()),
        "title": editor.title,
        "submit": editor.submit,
        "intro": editor.intro,
        "beside": editor.beside,
        "danger": editor.danger,
        "draft": request.path,
        **context,
    }
    template = "incidents/_form.html" if request.htmx else "incidents/form.html"
    return render(request, template, facts, status=status, using="jinja2")


def into_editor(
    request: PersonRequest, incident: Incident, form: EditForm, editor: Editor, **context: Any
) -> HttpResponse:
    """Answer a button's refused POST with the editor that holds what is missing.

    htmx puts it into the dialog, whatever element had asked.
    """
    answer = show_editor(request, incident, form, editor, **context)
    if request.htmx:
        answer.content = (
            b'<hx-partial hx-target="#editor-body" hx-swap="innerHTML">'
            + answer.content
            + b"</hx-partial>"
        )
    return answer


def accepted(request: PersonRequest, incident: Incident, said: str) -> HttpResponse:
    """It is done: every region as it is now, or the war room for who has no script."""
    if not request.htmx:
        messages.success(request, said)
        return HttpResponseRedirect(incident.get_absolute_url())
    rendered = show(WAR_ROOM, incident.pk)
    parts = "" if rendered is None else partials(rendered.html)
    return told(HttpResponse(parts), said)


def partials(html: Any) -> str:
    """Regions as htmx takes them into the page."""
    return "\n".join(
        f'<hx-partial hx-target="#{key}" hx-swap="outerMorph">{text}</hx-partial>'
        for key, text in html.items()
    )


def told(answer: HttpResponse, said: str) -> HttpResponse:
    """Tell the page that its form was taken, what to say aloud, and the server's time."""
    answer.headers["HX-Trigger"] = json.dumps({"accepted": {"said": said}})
    answer.headers["Endstate-Now"] = now().isoformat()
    return answer
