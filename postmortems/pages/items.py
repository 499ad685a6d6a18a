"""The pages of action items: the list, one item, and its editors."""

from datetime import datetime
from typing import Any, ClassVar, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clock.queries import now
from incidents.endstate.models import Signal
from incidents.record.models import Incident, Service
from pages.editor import Editor
from pages.fields import LineField, MomentField
from pages.forms import EditForm, line, text
from pages.numbers import whole
from people.models import User
from people.requests import PersonRequest
from postmortems.items.actions import add_item, change_item, measure, proposed_due_at
from postmortems.items.following import decline_item, finish_item, move_item, verify_item
from postmortems.items.models import (
    ActionItem,
    ItemState,
    ItemType,
    Priority,
    PriorityPolicy,
)
from postmortems.items.queries import history_of, list_items
from postmortems.marks.actions import decline_mark, make_item_of
from postmortems.marks.queries import ALERT, find_mark
from postmortems.pages.answering import edit, on_item, on_review, posted, signed_in
from postmortems.pages.forms import NoteForm, ReasonForm, VersionedForm
from postmortems.review.models import Postmortem
from refusals.errors import NotVisible, Refused

NONE_YET = ("", "choose")


class ItemForm(VersionedForm):
    """An owned, dated, systemic improvement. An empty date takes the priority's own."""

    title = line("What changes in the system", 200, autofocus=True)
    type = forms.ChoiceField(label="Type", choices=[NONE_YET, *ItemType.choices], required=False)
    owner = forms.ModelChoiceField(
        User.objects.none(), label="Owner", required=False, empty_label="choose"
    )
    priority = forms.ChoiceField(
        label="Priority", choices=Priority.choices, initial="p2", required=False
    )
    success_criterion = line("It worked when", 500, help_text="A measure somebody else can check.")
    signal = forms.ModelChoiceField(
        Signal.objects.none(), label="Signal that moves", required=False, empty_label="none"
    )
    override_reason = LineField(max_length=500, required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, incident: Incident, zone: ZoneInfo, dated: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = (  # type: ignore[attr-defined]
            User.objects.responders()
        )
        self.fields["signal"].queryset = (  # type: ignore[attr-defined]
            incident.signals.standing()
        )
        if dated:
            days = PriorityPolicy.objects.values_list("priority", "due_within_days")
            words = ", ".join(f"{priority.upper()} {number} days" for priority, number in days)
            self.fields["due_at"] = MomentField(
                zone=zone, label="Due", help_text=f"Empty: by priority ({words})."
            )
        order = ["title", "type", "owner", "priority", "due_at", "success_criterion", "signal"]
        self.order_fields(order)
        if self.data.get("override_reason"):
            self._ask_for_override()

    def refuse(self, refusal: Refused) -> None:
        """What is not systemic may be overridden: then the field for the reason is shown."""
        super().refuse(refusal)
        if refusal.code == "action_not_systemic":
            named = refusal.facts.get("field", "title")
            self.add_error(named, "Say what changes in the system.")
            self._ask_for_override()

    def _ask_for_override(self) -> None:
        field = self.fields["override_reason"]
        field.label = "Or take it all the same, because"
        field.help_text = "The facilitator's decision; readers see it."
        field.widget = forms.TextInput(attrs={"autocomplete": "off"})
        # A bound field remembers the label it was made with.
        self._bound_fields_cache.pop("override_reason", None)  # type: ignore[attr-defined]


class VerifyForm(EditForm):
    """What somebody else sees."""

    ANSWERS = (("yes", "Yes"), ("no", "No: it is reopened"))
    places: ClassVar[dict[str, str]] = {"not_yet": "reason"}
    implemented = forms.ChoiceField(
        label="Is it implemented?", choices=ANSWERS, widget=forms.RadioSelect, required=False
    )
    moving = forms.ChoiceField(
        label="Is the metric moving?", choices=ANSWERS, widget=forms.RadioSelect, required=False
    )
    note = text("What you saw", 1000)

    def __init__(self, *args: Any, is_early: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_early:
            self.fields["reason"] = line(
                "Why it can be seen already",
                1000,
                help_text="A week after it was done is usual.",
            )

    def verdict(self) -> dict[str, Any]:
        """As the action takes it."""
        answers = {"yes": True, "no": False}
        return {
            "implemented": answers.get(self.cleaned_data["implemented"]),
            "moving": answers.get(self.cleaned_data["moving"]),
            "note": self.cleaned_data["note"],
            "reason": self.cleaned_data.get("reason", ""),
        }


class MoveForm(EditForm):
    """The new date and why."""

    places: ClassVar[dict[str, str]] = {"reason_required": "reason"}
    reason = line("Why it moves", 500, help_text="Moves are counted and shown.")

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_at"] = MomentField(zone=zone, label="New date", required=True)
        self.order_fields(["due_at", "reason"])


PER_PAGE = 50


LISTS = {
    "mine": "Mine",
    "overdue": "Overdue",
    "to-verify": "To verify",
    "all": "All",
}


@signed_in("GET", "HEAD")
def items(request: HttpRequest) -> HttpResponse:
    """Action items: mine, overdue, to verify, all; what is late first, then by priority and due."""
    person = cast(PersonRequest, request)
    chosen = request.GET.get("list", "mine")
    chosen = chosen if chosen in LISTS else "mine"
    moment = now()
    owner = whole(request.GET.get("owner", ""))
    service = request.GET.get("service", "")[:60]
    found = list_items(person.user, moment=moment)
    if owner is not None:
        found = found.filter(owner=owner)
    if service:
        of_it = Incident.services.through.objects.filter(service__slug=service)
        found = found.filter(postmortem__incident__in=of_it.values("incident"))
    narrowed = _narrowed(person.user, moment)
    # All four counts in one question: with some thousand items the page costs what one costs.
    counts = found.order_by().aggregate(
        **{f"n{at}": Count("pk", filter=on or None) for at, on in enumerate(narrowed.values())}
    )
    sizes = dict(zip(narrowed, counts.values(), strict=True))
    rows = found.filter(narrowed[chosen]).order_by(*_urgent_first(moment))
    paginator = Paginator(rows, PER_PAGE)
    paginator.count = sizes[chosen]
    seen = ActionItem.objects.visible_to(person.user)
    facts = {
        "page": paginator.get_page(request.GET.get("page")),
        "lists": [(name, label, sizes[name]) for name, label in LISTS.items()],
        "chosen": chosen,
        "owner": owner,
        "service": service,
        "owners": User.objects.filter(pk__in=seen.values("owner")).order_by("name").only("name"),
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


@on_item("GET", "HEAD")
def item(request: PersonRequest, found: ActionItem) -> HttpResponse:
    """One action item and what happened to it."""
    moment = now()
    after = found.signal_after or (measure(found.signal) if found.state == ItemState.DONE else None)
    facts = {"item": found, "history": history_of(found), "now": moment, "after": after}
    return render(request, "actions/item.html", facts, using="jinja2")


@on_review("GET", "POST")
def new_item(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Add an action item to a review; ``?mark=`` names what was marked and becomes one."""
    key = request.GET.get("mark", "")
    mark = find_mark(postmortem, key) if key else None
    initial: dict[str, Any] = {}
    if mark is not None and mark.kind == ALERT:
        initial = {"title": f"Tune or retire the alert {mark.text}"[:200], "type": ItemType.ALERT}
    form = ItemForm(
        posted(request),
        incident=postmortem.incident,
        zone=request.user.zone,
        dated=True,
        initial=initial,
    )

    def act(values: dict[str, Any]) -> None:
        values.pop("version")
        signal = values.pop("signal")
        values["due_at"] = values["due_at"] or proposed_due_at(values["priority"], at=now())
        values["signal"] = signal.pk if signal else None
        if key:
            make_item_of(postmortem, by=request.user, key=key, **values)
        else:
            add_item(postmortem, by=request.user, **values)

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


@on_review("GET", "POST")
def mark(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Say why what was marked (``?mark=``) becomes no item."""
    key = request.GET.get("mark", "")
    found = find_mark(postmortem, key)
    if found is None:
        raise NotVisible
    return edit(
        request,
        postmortem,
        ReasonForm(posted(request), initial={"reason": found.because}),
        lambda values: decline_mark(postmortem, by=request.user, key=key, because=values["reason"]),
        Editor("Why it stays as it is", "Keep", found.question),
        said="Written down.",
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
            f"Done: {found.title}",
            "Done",
            "In a week somebody who never owned it and did not mark it done verifies it.",
        ),
        said="Done. In a week somebody else verifies it.",
    )


@on_item("GET", "POST")
def verification(request: PersonRequest, found: ActionItem) -> HttpResponse:
    """Somebody else looks at what was done."""
    form = VerifyForm(posted(request), is_early=not found.is_verification_due_at(now()))
    return edit(
        request,
        found,
        form,
        lambda _: verify_item(found, by=request.user, **form.verdict()),
        Editor(
            f"Verify: {found.title}",
            "Record it",
            f"It worked when: {found.success_criterion}",
            beside="actions/_measured.html",
        ),
        said="Recorded.",
        before=found.signal_before,
        after=found.signal_after or measure(found.signal),
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
