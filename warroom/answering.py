"""How every view of the war room finds its incident and answers a form: one way for all.

A GET shows the editor, as a page or as a part for the dialog. A POST runs one action; accepted, it
answers with the regions as they are now (without htmx: a redirect); refused, with the bound form.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods

from incidents.record.models import Incident
from incidents.record.visibility import check_may_enter, get_incident
from live.state_cache import show
from pages.editor import (
    Editor,
    attempt,
    in_dialog,
    is_alone,
    partials,
    say_settled,
    taken_back,
    told,
)
from pages.forms import EditForm
from people.models import User
from people.requests import PersonRequest
from refusals.errors import Forbidden
from warroom.live import WAR_ROOM

P = ParamSpec("P")


View = Callable[Concatenate[PersonRequest, Incident, P], HttpResponse]


def responders_only(user: User) -> None:
    """The war room is for responders; a stakeholder has a page of their own (``Forbidden``)."""
    if not user.is_responder:
        raise Forbidden("The war room is for responders. Your page is under Stakeholders.")


def on_incident(*methods: str) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """Give a view the incident of its address: signed in, visible (404), a responder (403).

    Who helps on it comes in too; what they may do there the actions say. One query besides the
    session's, another for who does not respond.
    """

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        @login_required
        @require_http_methods([*methods])
        @wraps(view)
        def answered(
            request: PersonRequest, ref: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            incident = get_incident(request.user, ref)
            try:
                check_may_enter(request.user, incident.pk)
            except Forbidden as no:
                way = f"/stakeholders/{incident.ref}/"
                raise Forbidden(no.sentence, way=way) from no
            return view(request, incident, *args, **kwargs)

        return answered

    return decorate


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
        say_settled(form)
        return show_editor(request, incident, form, editor, **context)
    if status := attempt(form, act):
        return show_editor(request, incident, form, editor, status=status, **context)
    return accepted(request, incident, said)


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
        "below": editor.below,
        "danger": editor.danger,
        "draft": request.path,
        **context,
    }
    template = "shared/_editor.html" if request.htmx else "shared/editor.html"
    return render(request, template, facts, status=status, using="jinja2")


def answers_in(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines that fields named ``answer_<question>`` hold, as actions take them."""
    return [
        {"question": int(name.removeprefix("answer_")), "text": words}
        for name, words in values.items()
        if name.startswith("answer_") and words
    ]


def into_editor(
    request: PersonRequest, incident: Incident, form: EditForm, editor: Editor, **context: Any
) -> HttpResponse:
    """Answer a button's refused POST with the editor that holds what is missing."""
    answer = show_editor(request, incident, form, editor, **context)
    return in_dialog(answer) if request.htmx else answer


def regions_now(incident: Incident) -> str:
    """Every region of the room as it is now, as htmx takes them into the page."""
    rendered = show(WAR_ROOM, incident.pk)
    return "" if rendered is None else partials(rendered.html)


def accepted(
    request: PersonRequest, incident: Incident, said: str, *, undo: tuple[str, str] | None = None
) -> HttpResponse:
    """It is done: every region as it is now, or the war room for who has no script.

    ``undo`` is the address and the column of the move that takes it back.
    """
    if not request.htmx:
        messages.success(request, said)
        return HttpResponseRedirect(incident.get_absolute_url())
    if is_alone(request, incident.get_absolute_url()):
        return taken_back(request, said, incident.get_absolute_url())
    parts = regions_now(incident)
    if undo is not None:
        facts = {"said": said, "path": undo[0], "to": undo[1]}
        parts += render_to_string("warroom/board/_undo.html", facts, using="jinja2")
    return told(HttpResponse(parts), said)
