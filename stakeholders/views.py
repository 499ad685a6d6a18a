"""The executive pages. Each view translates between a page and a query or an action."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_safe

from clock.queries import now
from incidents.endstate.endings import ending_of
from incidents.record.models import Incident, Status
from incidents.record.visibility import get_incident, helps
from incidents.updates.questions import SEEMS_BACK, ask_question, has_said_back, say_back
from incidents.updates.told import told_updates
from live.state_cache import show
from pages.editor import attempt, partials
from pages.numbers import asked_number
from people.requests import PersonRequest
from refusals.errors import NotVisible
from stakeholders.forms import AskForm
from stakeholders.live import STAKEHOLDER_PAGE
from stakeholders.queries import OLDER, listed, questions_of
from stakeholders.subscriptions.queries import how_followed


@login_required
@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    """Every open incident this person may see, the resolved until closed, and how others ended."""
    found = [(one, ending_of(one)) for one in listed(request.user)]
    return _page(request, "list.html", {"incidents": found, "now": now()})


@login_required
@require_safe
def incident(request: PersonRequest, ref: str) -> HttpResponse:
    """The page of one incident."""
    return _show(request, get_incident(request.user, ref), AskForm())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: PersonRequest, ref: str) -> HttpResponse:
    """Ask, say whether it is ``back`` for oneself, or see what became of one's questions."""
    found = get_incident(request.user, ref)
    if request.POST.get("back") in ("yes", "no"):
        return _said_back(request, found, is_back=request.POST["back"] == "yes")
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _asked(request, found) if request.htmx else _show(request, found, form)
    status = _ask(request, found, form)
    if status:
        if request.htmx:
            facts = _own(request, found, form)
            return _page(request, "incident/_ask.html", facts, status=status)
        return _show(request, found, form, status=status)
    said = "Your question is with the people who speak for this incident."
    if not request.htmx:
        messages.success(request, said)
        return HttpResponseRedirect(f"/stakeholders/{found.ref}/#ask")
    answer = _asked(request, found, AskForm())
    answer.headers["HX-Trigger"] = json.dumps({"accepted": {"said": said}})
    return answer


@login_required
@require_safe
def all_updates(request: PersonRequest, ref: str) -> HttpResponse:
    """Every update of one incident, a hundred at a time."""
    found = get_incident(request.user, ref)
    before = asked_number("before", request.GET.get("before"))
    updates = told_updates(found, before=before, limit=OLDER)
    return _page(request, "history.html", {"incident": found, "updates": updates, "now": now()})


def _said_back(request: PersonRequest, found: Incident, *, is_back: bool) -> HttpResponse:
    say_back(found, by=request.user, is_back=is_back)
    said = "Thank you." if is_back else "The people who speak for this incident know, and answer."
    if not request.htmx:
        messages.success(request, said)
        return HttpResponseRedirect(f"/stakeholders/{found.ref}/#ask")
    facts = _own(request, found, AskForm())
    answer = HttpResponse(
        partials({name: _part(request, name, facts) for name in ("back", "asked")})
    )
    answer.headers["HX-Trigger"] = json.dumps({"accepted": {"said": said}})
    return answer


def _part(request: PersonRequest, name: str, facts: dict[str, object]) -> str:
    return render_to_string(
        f"stakeholders/incident/_{name}.html", facts, request=request, using="jinja2"
    )


def _ask(request: PersonRequest, found: Incident, form: AskForm) -> int:
    """Put the question; 0 when it was taken, else the status of the refusal."""
    return attempt(form, lambda values: ask_question(found, by=request.user, text=values["text"]))


def _show(
    request: PersonRequest, found: Incident, form: AskForm, *, status: int = 200
) -> HttpResponse:
    regions = show(STAKEHOLDER_PAGE, found.pk)
    if regions is None:
        raise NotVisible
    facts = {"regions": regions, **_own(request, found, form)}
    return _page(request, "incident.html", facts, status=status)


def _asked(request: PersonRequest, found: Incident, form: AskForm | None = None) -> HttpResponse:
    """What became of one's questions, and with ``form`` the empty form, as htmx takes them."""
    facts = _own(request, found, form or AskForm())
    names = ["asked", "ask"] if form else ["asked"]
    return HttpResponse(partials({name: _part(request, name, facts) for name in names}))


def _own(request: PersonRequest, found: Incident, form: AskForm) -> dict[str, object]:
    """What differs by person, and therefore stands outside of the regions."""
    moment, following, brings = how_followed(request.user, found)
    return {
        "incident": found,
        "form": form,
        "asked": questions_of(request.user, found),
        "may_enter": request.user.is_responder or helps(request.user, found.pk),
        "following": following,
        "brings": brings,
        "asks_back": found.status in SEEMS_BACK and not has_said_back(found, request.user),
        "may_ask": found.is_open or found.status == Status.RESOLVED,
        "now": moment,
    }


def _page(
    request: PersonRequest, template: str, facts: dict[str, object], *, status: int = 200
) -> HttpResponse:
    return render(request, f"stakeholders/{template}", facts, status=status, using="jinja2")
