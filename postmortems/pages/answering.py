"""How every view of this app answers a form: refused on the form, accepted with what changed.

The same contract as the war room's views, with the document's regions in the place of its own.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods

from incidents.record.models import Incident
from pages.editor import Editor, attempt, is_alone, partials, say_settled, taken_back, told
from pages.forms import EditForm
from people.requests import PersonRequest
from postmortems.items.models import ActionItem
from postmortems.items.queries import get_item
from postmortems.publication.document import Document, load_document, may_edit
from postmortems.review.models import Postmortem
from postmortems.review.permissions import is_facilitator
from postmortems.review.queries import get_postmortem
from postmortems.review.schedule import A_WEEK
from refusals.errors import Forbidden

P = ParamSpec("P")
PARTS = (
    "head",
    "figures",
    "facts",
    "said",
    "whys",
    "grid",
    "analysis",
    "files",
    "actions",
    "thanks",
    "publish",
)


View = Callable[..., HttpResponse]


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: also a POST that holds nothing."""
    return request.POST if request.method == "POST" else None


def signed_in(*methods: str) -> Callable[[View], View]:
    """A view for everybody with an account."""

    def decorate(view: View) -> View:
        return login_required(require_http_methods([*methods])(view))

    return decorate


def on_review(
    *methods: str,
) -> Callable[
    [Callable[Concatenate[PersonRequest, Postmortem, P], HttpResponse]],
    Callable[..., HttpResponse],
]:
    """Give a view the review of its address: signed in, visible (404), a responder (403)."""

    def decorate(
        view: Callable[Concatenate[PersonRequest, Postmortem, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @signed_in(*methods)
        @wraps(view)
        def answered(
            request: HttpRequest, ref: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            person = cast(PersonRequest, request)
            postmortem = get_postmortem(person.user, ref)
            if not person.user.is_responder:
                raise Forbidden("Responders write the post-mortem. You can read it.")
            return view(person, postmortem, *args, **kwargs)

        return answered

    return decorate


def on_item(
    *methods: str,
) -> Callable[
    [Callable[Concatenate[PersonRequest, ActionItem, P], HttpResponse]],
    Callable[..., HttpResponse],
]:
    """Give a view the action item of its address: signed in, visible (404)."""

    def decorate(
        view: Callable[Concatenate[PersonRequest, ActionItem, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @signed_in(*methods)
        @wraps(view)
        def answered(
            request: HttpRequest, item_id: int, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            person = cast(PersonRequest, request)
            return view(person, get_item(person.user, item_id), *args, **kwargs)

        return answered

    return decorate


def edit(
    request: PersonRequest,
    home: Postmortem | ActionItem,
    form: EditForm,
    act: Callable[[dict[str, Any]], object],
    editor: Editor,
    *,
    said: str,
    **context: Any,
) -> HttpResponse:
    """Show ``form``, or run ``act`` on what it read and say ``said``.

    What the action refuses stands on the form afterwards, with 409 for a rule, 422 for a value, and
    everything typed.
    """
    status = 200
    say_settled(form)
    if request.method == "POST":
        status = attempt(form, act)
        if not status:
            return accepted(request, home, said)
    return show_editor(request, home, form, editor, status=status, **context)


def show_editor(
    request: PersonRequest,
    home: Postmortem | ActionItem | Incident,
    form: EditForm,
    editor: Editor,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The editor as a page, or as a part when htmx asks."""
    facts = {
        "form": form,
        "incident": home,
        "action": request.get_full_path(),
        "title": editor.title,
        "submit": editor.submit,
        "intro": editor.intro,
        "beside": editor.beside,
        "danger": editor.danger,
        "draft": request.get_full_path(),
        **context,
    }
    template = "shared/_editor.html" if request.htmx else "shared/editor.html"
    return render(request, template, facts, status=status, using="jinja2")


def accepted(request: PersonRequest, home: Postmortem | ActionItem, said: str) -> HttpResponse:
    """It is done: the document's regions as they are now, or the page again."""
    if not request.htmx:
        messages.success(request, said)
        return HttpResponseRedirect(home.get_absolute_url())
    if is_alone(request, home.get_absolute_url()):
        return taken_back(request, said, home.get_absolute_url())
    if isinstance(home, Postmortem):
        return told(HttpResponse(partials(regions_of(request, home))), said)
    # An item is shown on three pages; the one that asked is drawn again.
    messages.success(request, said)
    answer = told(HttpResponse(), said)
    answer.headers["HX-Refresh"] = "true"
    return answer


def regions_of(request: PersonRequest, postmortem: Postmortem) -> dict[str, str]:
    """Every region of the document, by id."""
    facts = document_facts(request, postmortem)
    return {
        f"pm-{part}": render_to_string(
            f"postmortems/document/_{part}.html", facts, request=request, using="jinja2"
        )
        for part in PARTS
    }


def document_facts(request: PersonRequest, postmortem: Postmortem) -> dict[str, Any]:
    """What the document's templates are given."""
    fresh = get_postmortem(request.user, postmortem.incident.ref)
    document = load_document(fresh)
    return {
        "document": document,
        "postmortem": fresh,
        "incident": fresh.incident,
        "may_edit": may_edit(request.user, fresh),
        "may_keep": is_facilitator(fresh, request.user),
        "may_look": _may_look(request, document),
        "now": document.at,
    }


def _may_look(request: PersonRequest, document: Document) -> bool:
    """Whether the look at the list is open, and something of it waits for this person."""
    published_at = document.postmortem.published_at
    if published_at is None or document.at < published_at + A_WEEK:
        return False
    runs_it = is_facilitator(document.postmortem, request.user)
    return any(runs_it or item.owner_id == request.user.pk for item in document.unlooked)
