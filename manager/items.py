"""The manager's page of action items: added, edited, followed by the app's actions."""

import csv
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from clock.models import Now
from manager.finding import FoundByReference
from manager.item_forms import ChangedItemForm, NewItemForm, end_of
from pages.cells import safe_cell
from pages.fields import LineField
from people.admin_bases import ActedOnAdmin
from people.admin_history import SaysWhat, manager
from people.models import User
from postmortems.items.actions import change_item
from postmortems.items.following import decline_item, finish_item, move_item
from postmortems.items.models import (
    OPEN_STATES,
    ActionItem,
    ItemState,
    Priority,
)
from refusals.errors import Forbidden, Invalid, NotVisible, Refused


class FollowForm(ActionForm):
    """What the actions on several items ask for, beside the action's name."""

    owner = forms.ModelChoiceField(
        User.objects.none(), required=False, label="new owner", empty_label="new owner …"
    )
    due = forms.DateField(
        required=False, label="new date", widget=forms.DateInput(attrs={"type": "date"})
    )
    priority = forms.ChoiceField(
        choices=[("", "new priority …"), *Priority.choices], required=False, label="new priority"
    )
    note = LineField(required=False, max_length=500, label="reason or what was seen")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.responders()


class Followed(admin.SimpleListFilter):
    """Overdue, to verify, often moved: what a manager looks for."""

    title = "follow-up"
    parameter_name = "follow"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices."""
        return [
            ("overdue", "Overdue"),
            ("unverified", "Done, not verified"),
            ("unverified_late", "Verification overdue"),
            ("moved", "Moved twice or more"),
            ("left", "Owner left"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The rows of the choice."""
        match self.value():
            case "overdue":
                return queryset.overdue(Now())
            case "unverified":
                return queryset.filter(state=ItemState.DONE)
            case "unverified_late":
                return queryset.filter(state=ItemState.DONE, verify_due_at__lte=Now())
            case "moved":
                return queryset.filter(moved_count__gte=2)
            case "left":
                open_items = queryset.filter(state__in=OPEN_STATES)
                return open_items.exclude(owner__in=User.objects.responders())
        return queryset


@admin.register(ActionItem)
class ActionItemAdmin(SaysWhat, FoundByReference, ActedOnAdmin):
    """Every action item, with the ways to follow many at once."""

    class Media:
        """Room between the fields beside the actions."""

        css: ClassVar = {"all": ["admin/css/endstate.css"]}

    action_form = FollowForm
    list_display = [
        "title",
        "incident",
        "owner",
        "priority",
        "due_at",
        "state",
        "is_late",
        "moved_count",
        "verified_by",
        "page",
    ]
    list_filter = [
        Followed,
        "state",
        "priority",
        "type",
        "owner",
        "postmortem__incident__highest_severity",
        "postmortem__incident__services",
    ]
    list_select_related = ["owner", "verified_by", "postmortem__incident"]
    search_fields = [
        "title",
        "success_criterion",
        "owner__name",
        "owner__email",
        "=postmortem__incident__number",
    ]
    date_hierarchy = "due_at"
    actions = ["reassign", "move", "prioritise", "finish", "decline", "as_csv"]
    ordering = ["priority", "due_at"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form of the page, which acts as the signed-in manager."""
        if obj is not None and obj.state not in OPEN_STATES:
            return super().get_form(request, obj, change, **kwargs)
        form = ChangedItemForm if obj else NewItemForm
        return type(form.__name__, (form,), {"by": manager(request)})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What the form asks; of an item at its end, everything about it."""
        if obj is not None and obj.state not in OPEN_STATES:
            return super().get_fields(request, obj)
        return list(self.get_form(request, obj).base_fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Added by its action."""
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Edited by its actions until its end; then it stays."""
        return obj is None or obj.state in OPEN_STATES

    def save_form(self, request: HttpRequest, form: Any, change: Any) -> Any:
        """The item as the action left it."""
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The action has stored it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing beside the item."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[ActionItem]:
        """With the moment it is by the database's clock, which decides what is late."""
        return super().get_queryset(request).annotate(moment=Now())  # type: ignore[no-any-return]

    @admin.display(description="incident", ordering="postmortem__incident__number")
    def incident(self, item: ActionItem) -> str:
        """Its reference."""
        return item.ref

    @admin.display(description="late")
    def is_late(self, item: Any) -> str:
        """Whether it is open after its due time, in a word: a green tick would say the opposite."""
        return "overdue" if item.is_overdue_at(item.moment) else ""

    @admin.display(description="page")
    def page(self, item: ActionItem) -> str:
        """A link to where it is worked on."""
        return format_html('<a href="{}">open</a>', item.get_absolute_url())

    @admin.action(description="Give to the new owner")
    def reassign(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> None:
        """Hand the chosen items to another person; each change is on its incident's timeline."""
        form = self._form(request)
        owner = form.cleaned_data.get("owner")
        if owner is None:
            self.message_user(request, "Choose the new owner beside the action.", messages.ERROR)
            return
        self._each(
            request,
            queryset,
            lambda item: change_item(item, by=manager(request), owner=owner),
            f"given to {owner.name}",
        )

    @admin.action(description="Move to the new date, with the reason")
    def move(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> None:
        """Move the chosen items; counted, and refused without a reason."""
        form = self._form(request)
        day = form.cleaned_data.get("due")
        if day is None:
            self.message_user(request, "Choose the new date beside the action.", messages.ERROR)
            return
        self._each(
            request,
            queryset,
            lambda item: move_item(
                item,
                by=manager(request),
                due_at=end_of(day, item.owner),
                reason=form.cleaned_data.get("note") or "",
            ),
            f"moved to {day:%-d %b %Y}",
        )

    @admin.action(description="Set the priority")
    def prioritise(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> None:
        """Give the chosen items another priority; what is at its end stays."""
        priority = self._form(request).cleaned_data.get("priority")
        if not priority:
            self.message_user(request, "Choose the priority beside the action.", messages.ERROR)
            return
        self._each(
            request,
            queryset,
            lambda item: change_item(item, by=manager(request), priority=priority),
            f"are {priority.upper()} now",
        )

    @admin.action(description="Not doing, with the reason")
    def decline(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> None:
        """Say that the chosen items will not be done; the review shows the reason."""
        note = self._form(request).cleaned_data.get("note") or ""
        self._each(
            request,
            queryset,
            lambda item: decline_item(item, by=manager(request), reason=note),
            "will not be done",
        )

    @admin.action(description="Mark done")
    def finish(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> None:
        """Say that the chosen items are done; somebody else verifies each by itself."""
        note = self._form(request).cleaned_data.get("note") or ""
        self._each(
            request,
            queryset,
            lambda item: finish_item(item, by=manager(request), note=note),
            "are done; somebody else verifies each",
        )

    @admin.action(description="Download as CSV")
    def as_csv(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> HttpResponse:
        """The chosen items as a table that no spreadsheet runs."""
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="action-items.csv"'
        writer = csv.writer(response)
        names = [
            "incident",
            "title",
            "type",
            "owner",
            "priority",
            "due_at",
            "state",
            "moved_count",
            "success_criterion",
            "done_at",
            "verified_at",
            "verified_by",
        ]
        writer.writerow(names)
        rows = queryset.select_related("owner", "verified_by", "postmortem__incident")
        for item in rows:
            cells: list[object] = [item.ref, item.title, item.type, item.owner.email]
            cells += [item.priority, item.due_at.isoformat(), item.state, item.moved_count]
            cells += [item.success_criterion, item.done_at and item.done_at.isoformat()]
            cells += [item.verified_at and item.verified_at.isoformat()]
            cells += [item.verified_by.email if item.verified_by else ""]
            writer.writerow([safe_cell(cell) for cell in cells])
        return response

    def _form(self, request: HttpRequest) -> FollowForm:
        form = FollowForm(request.POST)
        form.fields["action"].required = False
        form.is_valid()
        return form

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[ActionItem],
        act: Callable[[ActionItem], object],
        words: str,
    ) -> None:
        """Do it to each; what is refused is said by name and stops nobody else."""
        done = 0
        for item in queryset.select_related("owner"):
            try:
                act(item)
                done += 1
            except (Refused, Forbidden, Invalid, NotVisible) as refusal:
                self.message_user(request, f"{item.title}: {refusal}", messages.ERROR)
        if done:
            self.message_user(request, f"{done} {words}.", messages.SUCCESS)
