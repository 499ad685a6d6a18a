"""The lists of action items, one item's page, and its editors."""

from datetime import datetime
from typing import Any, cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clock.queries import now
from incidents.views.answering import Editor, PersonRequest
from postmortems.actions.following import decline_item, finish_item, move_item, verify_item
from postmortems.actions.items import add_item, change_item, proposed_due_at
from postmortems.forms.items import ItemForm, MoveForm, VerifyForm
from postmortems.forms.review import NoteForm, ReasonForm
from postmortems.models import ActionItem, ActionItemQuerySet, ItemState, Postmortem
from postmortems.queries.items import history_of, list_items
from postmortems.views.answering import edit, on_item, on_review, posted, signed_in

PER_PAGE = 50
LISTS = {
    "mine": "Mine",
    "overdue": "Overdue",
    "to-verify": "To verify",
    "all": "All",
}


@signed_in("GET", "HEAD")
def items(request: HttpRequest) -> HttpResponse:
    """Action items: mine, overdue, to verify, all; by priority, then due."""
    person = cast(PersonRequest, request)
    chosen = request.GET.get("list", "mine")
    chosen = chosen if chosen in LISTS else "mine"
    moment = now()
    rows = {name: _rows(person, name, moment) for name in LISTS}
    page = Paginator(rows[chosen], PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page,
        "lists": [(name, label, rows[name].count()) for name, label in LISTS.items()],
        "chosen": chosen,
        "now": moment,
    }
    return render(request, "actions/items.html", facts, using="jinja2")


def _rows(request: PersonRequest, name: str, moment: datetime) -> ActionItemQuerySet:
    match name:
        case "mine":
            return list_items(
                request.user, moment=moment, owner=request.user, states=[ItemState.OPEN]
            )
        case "overdue":
            return list_items(request.user, moment=moment, overdue=True)
        case "to-verify":
            return list_items(request.user, moment=moment, states=[ItemState.DONE])
    return list_items(request.user, moment=moment)


@on_item("GET", "HEAD")
def item(request: PersonRequest, found: ActionItem) -> HttpResponse:
    """One action item and what happened to it."""
    facts = {"item": found, "history": history_of(found), "now": now()}
    return render(request, "actions/item.html", facts, using="jinja2")


@on_review("GET", "POST")
def new_item(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Add an action item to a review."""
    form = ItemForm(
        posted(request), incident=postmortem.incident, zone=request.user.zone, dated=True
    )

    def act(values: dict[str, Any]) -> None:
        values.pop("version")
        signal = values.pop("signal")
        due_at = values.pop("due_at") or proposed_due_at(values["priority"], at=now())
        add_item(
            postmortem,
            by=request.user,
            due_at=due_at,
            signal=signal.pk if signal else None,
            **values,
        )

    return edit(
        request,
        postmortem,
        form,
        act,
        Editor(
            "An action item",
            "Add",
            "It changes the system: a guardrail, a test, an alert, a limit, a runbook.",
        ),
        said="Added. Its owner is told.",
    )


@on_item("GET", "POST")
def details(request: PersonRequest, found: ActionItem) -> HttpResponse:
    """Change an action item; its date moves with a reason of its own."""
    names = ("title", "type", "owner", "priority", "success_criterion", "signal", "version")
    initial = {name: getattr(found, name) for name in names}
    form = ItemForm(
        posted(request),
        incident=found.postmortem.incident,
        zone=request.user.zone,
        dated=False,
        initial=initial,
    )

    def act(values: dict[str, Any]) -> None:
        signal = values.pop("signal")
        if not values["override_reason"]:
            del values["override_reason"]
        change_item(found, by=request.user, signal=signal.pk if signal else None, **values)

    return edit(request, found, form, act, Editor("Action item"), said="Saved.")


@on_item("GET", "POST")
def done(request: PersonRequest, found: ActionItem) -> HttpResponse:
    """It is done."""
    form = NoteForm(posted(request))
    return edit(
        request,
        found,
        form,
        lambda values: finish_item(found, by=request.user, **values),
        Editor(
            f"Done: {found.title}", "Done", "In a week somebody other than its owner verifies it."
        ),
        said="Done. In a week somebody else verifies it.",
    )


@on_item("GET", "POST")
def verification(request: PersonRequest, found: ActionItem) -> HttpResponse:
    """Somebody else looks at what was done."""
    form = VerifyForm(posted(request))
    return edit(
        request,
        found,
        form,
        lambda _: verify_item(found, by=request.user, **form.verdict()),
        Editor(f"Verify: {found.title}", "Record it", f"It worked when: {found.success_criterion}"),
        said="Recorded.",
    )


@on_item("GET", "POST")
def date(request: PersonRequest, found: ActionItem) -> HttpResponse:
    """Move the due date."""
    form = MoveForm(posted(request), zone=request.user.zone, initial={"due_at": found.due_at})
    return edit(
        request,
        found,
        form,
        lambda values: move_item(found, by=request.user, **values),
        Editor(f"Move: {found.title}", "Move"),
        said="Moved.",
    )


@on_item("GET", "POST")
def declined(request: PersonRequest, found: ActionItem) -> HttpResponse:
    """It will not be done."""
    form = ReasonForm(posted(request))
    return edit(
        request,
        found,
        form,
        lambda values: decline_item(found, by=request.user, **values),
        Editor(
            f"Not doing: {found.title}",
            "Not doing it",
            "A written no is an end too. The reason is part of what we learned.",
            danger=True,
        ),
        said="Recorded.",
    )
