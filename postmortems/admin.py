"""The manager's pages of reviews and follow-up. Every change goes through the app's actions."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from incidents.admin import FoundByReference, SeverityPolicyAdmin
from incidents.record.models import DUE_STEP, SeverityPolicy
from people.admin_bases import FIELDS, ActedOnAdmin, Rows
from people.admin_history import SaysWhat
from postmortems.admin_items import ActionItemAdmin
from postmortems.items.models import PriorityPolicy
from postmortems.review.ladders import change_follow_up
from postmortems.review.models import FollowUpStep, Owed, Postmortem

__all__ = ["ActionItemAdmin", "PolicyWithFollowUpAdmin", "PostmortemAdmin", "PriorityPolicyAdmin"]


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
                raise forms.ValidationError(
                    f"{Owed(owed).label}: the step “due” at 0 days stays, at the due time."
                )


class FollowUpInline(admin.TabularInline[FollowUpStep, SeverityPolicy]):
    """Who hears when a review or an action item is late, as a table below the policy."""

    formfield_overrides = FIELDS
    model = FollowUpStep
    formset = FollowUpFormSet
    fields = ["owed", "days", "name", "audience"]
    extra = 0
    verbose_name = "step when a review or an action item is late"
    verbose_name_plural = "ladders of reviews and action items, also for what is open"


class PolicyWithFollowUpAdmin(SeverityPolicyAdmin):
    """The policies of the severities, with the ladders of what follows an incident."""

    inlines = [*SeverityPolicyAdmin.inlines, FollowUpInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Let what is open follow the changed ladders."""
        save = super().save_related
        change_follow_up(form.instance.pk, how=lambda: save(request, form, formsets, change))


# The page of incidents, with what reviews add to it.
admin.site.unregister(SeverityPolicy)
admin.site.register(SeverityPolicy, PolicyWithFollowUpAdmin)


@admin.register(Postmortem)
class PostmortemAdmin(FoundByReference, ActedOnAdmin):
    """Every review: who runs it, how far it is, what is late."""

    list_display = [
        "incident",
        "state",
        "facilitator",
        "meeting_at",
        "meeting_held_at",
        "publish_due_at",
        "published_at",
        "page",
    ]
    list_filter = ["state", "is_required", "facilitator"]
    list_select_related = ["incident", "facilitator"]
    search_fields = ["=incident__number", "incident__title", "facilitator__name"]
    date_hierarchy = "opened_at"

    @admin.display(description="page")
    def page(self, postmortem: Postmortem) -> str:
        """A link to the document."""
        return format_html('<a href="{}">open</a>', postmortem.get_absolute_url())


@admin.register(PriorityPolicy)
class PriorityPolicyAdmin(SaysWhat, admin.ModelAdmin[PriorityPolicy]):
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
