"""The manager's pages of the policies: of severities, with their ladders, and of priorities."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from incidents.cadence.ladders import change_ladder
from incidents.record.models import (
    DUE_STEP,
    LadderStep,
    SeverityPolicy,
)
from people.admin_bases import FIELDS, FoundByWords, RowForm, Rows
from people.admin_history import SaysWhat
from postmortems.items.models import PriorityPolicy
from postmortems.review.ladders import change_follow_up
from postmortems.review.models import FollowUpStep, Owed


class LadderFormSet(Rows):
    """The steps of one policy; the one at the due time stays where it is."""

    once = ("name",)

    def clean(self) -> None:
        """Refuse to delete, rename or move the step that records a missed promise."""
        super().clean()
        if any(self.errors):
            return
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data]
        kept = [data for data in kept if not data.get("DELETE")]
        had_steps = any(form.instance.pk for form in self.forms)
        if (kept or had_steps) and not any(data.get("name") == DUE_STEP for data in kept):
            raise ValidationError(
                "The step “due” at 0 minutes stays: it records that the promise was missed."
            )


class LadderInline(admin.TabularInline[LadderStep, SeverityPolicy]):
    """Who hears when the promised update is late, as a table below the policy."""

    formfield_overrides = FIELDS
    model = LadderStep
    formset = LadderFormSet
    form = RowForm
    fields = ["minutes", "name", "audience"]
    extra = 0
    verbose_name = "step when the promised update is late"
    verbose_name_plural = "ladder of the promised update, also for the promises that are open"


class FollowUpFormSet(Rows):
    """The ladders of one policy's reviews; each keeps its step at the due time."""

    once = ("owed", "name")

    def clean(self) -> None:
        """Refuse a ladder whose step at the due time was deleted, renamed or moved."""
        super().clean()
        if any(self.errors):
            return
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data]
        kept = [data for data in kept if not data.get("DELETE")]
        had = {form.instance.owed for form in self.forms if form.instance.pk}
        for owed in sorted(had | {data["owed"] for data in kept}):
            if not any(data["owed"] == owed and data["name"] == DUE_STEP for data in kept):
                raise ValidationError(
                    f"{Owed(owed).label}: the step “due” at 0 days stays, at the due time."
                )


class FollowUpInline(admin.TabularInline[FollowUpStep, SeverityPolicy]):
    """Who hears when a review or an action item is late, as a table below the policy."""

    formfield_overrides = FIELDS
    model = FollowUpStep
    formset = FollowUpFormSet
    form = RowForm
    fields = ["owed", "days", "name", "audience"]
    extra = 0
    verbose_name = "step when a review or an action item is late"
    verbose_name_plural = "ladders of reviews and action items, also for what is open"


@admin.register(SeverityPolicy)
class SeverityPolicyAdmin(SaysWhat, FoundByWords):
    """The policies of the severities: four rows, changed but neither added nor removed."""

    formfield_overrides = FIELDS
    list_display = [
        "severity",
        "definition",
        "update_interval_min",
        "triage_window_min",
        "enforcement",
        "review_required",
    ]
    autocomplete_fields = ["escalation_contacts"]
    readonly_fields = ["severity"]
    inlines = [LadderInline, FollowUpInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Let the promises and reviews that are open follow the changed ladders."""
        save, severity = super().save_related, form.instance.pk
        change_follow_up(
            severity,
            how=lambda: change_ladder(severity, how=lambda: save(request, form, formsets, change)),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There are exactly four severities."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There are exactly four severities."""
        return False


@admin.register(PriorityPolicy)
class PriorityPolicyAdmin(SaysWhat, FoundByWords):
    """How many days each priority gets: four rows, changed but neither added nor removed."""

    formfield_overrides = FIELDS
    list_display = ["priority", "due_within_days", "longest_move_days"]
    readonly_fields = ["priority"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There are exactly four priorities."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There are exactly four priorities."""
        return False
