"""The manager's page of due times and of the passes that enforced them."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from deadlines.actions import retry_deadline
from deadlines.models import Deadline, Pass
from people.admin_bases import ActedOnAdmin


@admin.register(Deadline)
class DeadlineAdmin(ActedOnAdmin):
    """Every promise: whose, until when, how far up its ladder."""

    list_display = [
        "due_at",
        "kind",
        "incident_ref",
        "owner",
        "state",
        "step",
        "next_step_at",
        "moved_count",
        "set_aside_at",
        "last_error",
    ]
    list_filter = ["state", "kind", "set_aside_at"]
    list_select_related = ["owner"]
    search_fields = ["incident_ref", "owner__email", "owner__name", "kind"]
    date_hierarchy = "due_at"
    actions = ["retry"]
    show_full_result_count = False

    @admin.action(description="Try again what was set aside")
    def retry(self, request: HttpRequest, queryset: QuerySet[Deadline]) -> None:
        """Give the chosen rows to the next pass again."""
        tried = sum(retry_deadline(deadline.pk) for deadline in queryset)
        self.message_user(request, f"{tried} go to the next pass.", messages.SUCCESS)


@admin.register(Pass)
class PassAdmin(ActedOnAdmin):
    """When enforcement last ran, per ringer."""

    list_display = ["ringer", "ran_at", "complete_at", "due", "stepped", "failed", "took_ms"]
