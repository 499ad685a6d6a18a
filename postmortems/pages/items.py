"""The pages of action items: one item, and its editors. The lists stand in ``item_lists``."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from clock.queries import now
from incidents.endstate.models import Signal
from incidents.record.models import Incident
from pages.editor import Editor
from pages.fields import LineField, MomentField, offering
from pages.forms import EditForm, line, text
from pages.numbers import asked_number
from people.models import User
from people.requests import PersonRequest
from postmortems.ideas.actions import commit_idea
from postmortems.ideas.models import Idea
from postmortems.ideas.queries import idea_of
from postmortems.items.actions import add_item, change_item, measure, proposed_due_at
from postmortems.items.following import decline_item, finish_item, move_item, verify_item
from postmortems.items.models import (
    ActionItem,
    ItemState,
    ItemType,
    Priority,
    PriorityPolicy,
)
from postmortems.items.queries import history_of
from postmortems.marks.actions import decline_mark, make_item_of
from postmortems.marks.queries import ALERT, find_mark
from postmortems.pages.answering import edit, on_item, on_review, posted
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
        stands = self.initial.get("signal")
        self.fields["signal"].queryset = (  # type: ignore[attr-defined]
            offering(incident.signals.standing(), stands.pk if stands else None)
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

    remembers = True
    places: ClassVar[dict[str, str]] = {"reason_required": "reason"}
    reason = line("Why it moves", 500, help_text="Moves are counted and shown.")

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_at"] = MomentField(zone=zone, label="New date", required=True)
        self.order_fields(["due_at", "reason"])


def item_facts(found: ActionItem) -> dict[str, str]:
    """What a short sheet about an item stands on."""
    return {
        "It": found.get_state_display().lower(),
        "Its owner": found.owner.name,
        "It worked when": found.success_criterion,
    }


@on_item("GET", "HEAD")
def item(request: PersonRequest, found: ActionItem) -> HttpResponse:
    """One action item and what happened to it."""
    moment = now()
    after = found.signal_after or (measure(found.signal) if found.state == ItemState.DONE else None)
    facts = {"item": found, "history": history_of(found), "now": moment, "after": after}
    return render(request, "actions/item.html", facts, using="jinja2")


@on_review("GET", "POST")
def new_item(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Add an action item to a review: of what was marked (``?mark=``), or of an ``?idea=``."""
    key = request.GET.get("mark", "")
    mark = find_mark(postmortem, key) if key else None
    initial: dict[str, Any] = {}
    if mark is not None and mark.kind == ALERT:
        initial = {"title": f"Tune or retire the alert {mark.text}"[:200], "type": ItemType.ALERT}
    idea = _idea_meant(request, postmortem)
    if idea is not None:
        initial = {"title": idea.text, "owner": request.user}
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
        if idea is not None:
            commit_idea(idea, by=request.user, **values)
        elif key:
            make_item_of(postmortem, by=request.user, key=key, **values)
        else:
            add_item(postmortem, by=request.user, **values)

    return edit(
        request,
        postmortem,
        form,
        act,
        Editor(
            "An action item" if idea is None else "Commit to it",
            "Add" if idea is None else "Commit",
            "It changes the system: a guardrail, a test, an alert, a limit, a runbook.",
        ),
        said="Added. Its owner is told.",
    )


def _idea_meant(request: PersonRequest, postmortem: Postmortem) -> Idea | None:
    """The idea that ``?idea=`` names; ``NotVisible`` for none of this review."""
    asked = asked_number("idea", request.GET.get("idea"))
    found = idea_of(postmortem, asked)
    if asked is not None and found is None:
        raise NotVisible
    return found


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
    form.stand_on(**item_facts(found))
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
    form.stand_on(**item_facts(found))
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
    form.stand_on(**item_facts(found))
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
    form.stand_on(**item_facts(found))
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
