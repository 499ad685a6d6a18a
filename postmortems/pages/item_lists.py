"""The lists of action items, and of the ideas that stand apart from them."""

from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clock.queries import now
from incidents.record.models import Incident, Service
from pages.numbers import whole
from people.models import User
from people.requests import PersonRequest
from postmortems.ideas.models import Idea
from postmortems.ideas.queries import list_ideas
from postmortems.items.models import ActionItem, ItemState
from postmortems.items.queries import list_items
from postmortems.pages.answering import signed_in

PER_PAGE = 50


LISTS = {
    "mine": "Mine",
    "overdue": "Overdue",
    "to-verify": "To verify",
    "ideas": "Ideas",
    "all": "All",
}


@signed_in("GET", "HEAD")
def items(request: HttpRequest) -> HttpResponse:
    """Action items: mine, overdue, to verify, all, what is late first; and the open ideas."""
    person = cast(PersonRequest, request)
    chosen = request.GET.get("list", "mine")
    chosen = chosen if chosen in LISTS else "mine"
    moment = now()
    owner = whole(request.GET.get("owner", ""))
    service = request.GET.get("service", "")[:60]
    found = list_items(person.user, moment=moment)
    if owner is not None:
        found = found.filter(owner=owner)
    ideas = list_ideas(person.user, is_open=True)
    if owner is not None:
        ideas = ideas.filter(by=owner)
    if service:
        of_it = Incident.services.through.objects.filter(service__slug=service).values("incident")
        found = found.filter(postmortem__incident__in=of_it)
        ideas = ideas.filter(postmortem__incident__in=of_it)
    narrowed = _narrowed(person.user, moment)
    # All four counts in one question: with some thousand items the page costs what one costs.
    counts = found.order_by().aggregate(
        **{f"n{at}": Count("pk", filter=on or None) for at, on in enumerate(narrowed.values())}
    )
    sizes = dict(zip(narrowed, counts.values(), strict=True))
    sizes["ideas"] = ideas.count()
    rows: QuerySet[Any] = ideas
    if chosen != "ideas":
        rows = found.filter(narrowed[chosen]).order_by(*_urgent_first(moment))
    paginator = Paginator(rows, PER_PAGE)
    paginator.count = sizes[chosen]
    whose: QuerySet[Any, Any] = ActionItem.objects.visible_to(person.user).values("owner")
    if chosen == "ideas":
        whose = Idea.objects.visible_to(person.user).open().values("by")
    facts = {
        "page": paginator.get_page(request.GET.get("page")),
        "lists": [(name, label, sizes[name]) for name, label in LISTS.items()],
        "chosen": chosen,
        "owner": owner,
        "service": service,
        "owners": User.objects.filter(pk__in=whose).order_by("name").only("name"),
        "services": Service.objects.order_by("name").only("name", "slug"),
        "query": urlencode({"owner": owner or "", "service": service}),
        "now": moment,
    }
    return render(request, "actions/items.html", facts, using="jinja2")


def _narrowed(user: User, moment: datetime) -> dict[str, Q]:
    """By the name of a list, which items are on it."""
    return {
        "mine": Q(owner=user, state=ItemState.OPEN),
        "overdue": Q(state=ItemState.OPEN, due_at__lte=moment),
        "to-verify": Q(state=ItemState.DONE),
        "all": Q(),
    }


def _urgent_first(moment: datetime) -> tuple[Case | str, ...]:
    """What is late stands first, then what is open, what is to be verified, and what is over."""
    urgency = Case(
        When(state=ItemState.OPEN, due_at__lte=moment, then=Value(0)),
        When(state=ItemState.OPEN, then=Value(1)),
        When(state=ItemState.DONE, then=Value(2)),
        default=Value(3),
    )
    return urgency, "priority", "due_at", "id"
