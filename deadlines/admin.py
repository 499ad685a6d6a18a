"""The manager's page of due times and of the passes that enforced them."""

from datetime import datetime

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from deadlines.actions import retry_deadline
from deadlines.models import Deadline, Pass
from notifications.kinds import words_of
from people.admin_bases import ActedOnAdmin, named

RUNG_BY = {"loop": "the loop beside the web", "beat": "the beat", "hand": "a person by hand"}


@admin.register(Deadline)
class DeadlineAdmin(ActedOnAdmin):
    """Every promise: whose, until when, how far up its ladder."""

    list_display = [
        "due_at",
        "what",
        "incident_ref",
        "owner",
        "state",
        "step",
        "next_step_at",
        "moved_count",
        "set_aside_at",
        "last_error",
    ]
    list_filter = ["state", ("kind", named(words_of)), "set_aside_at"]
    list_select_related = ["owner"]
    search_fields = ["incident_ref", "owner__email", "owner__name", "kind"]
    date_hierarchy = "due_at"
    actions = ["retry"]
    ordering = ["-due_at", "-id"]
    show_full_result_count = False
    fields = [
        *("what", "incident_ref", "owner", "due_at", "state", "step", "next_step_at"),
        *("moved_count", "created_at", "settled_at", "settled_reason"),
        *("failures", "last_error", "set_aside_at"),
    ]

    @admin.display(description="what", ordering="kind")
    def what(self, deadline: Deadline) -> str:
        """The kind in words."""
        return words_of(deadline.kind)

    @admin.action(description="Try again what was set aside")
    def retry(self, request: HttpRequest, queryset: QuerySet[Deadline]) -> None:
        """Give the chosen rows to the next pass again."""
        tried = sum(retry_deadline(deadline.pk) for deadline in queryset)
        self.message_user(request, f"{tried} go to the next pass.", messages.SUCCESS)


@admin.register(Pass)
class PassAdmin(ActedOnAdmin):
    """When enforcement last ran, per ringer."""

    list_display = ["rung_by", "ran_at", "nothing_left_at", "due", "stepped", "failed", "took"]
    ordering = ["-ran_at"]

    @admin.display(description="rung by", ordering="ringer")
    def rung_by(self, row: Pass) -> str:
        """What started it."""
        return RUNG_BY.get(row.ringer, row.ringer)

    @admin.display(description="nothing was left at", ordering="complete_at")
    def nothing_left_at(self, row: Pass) -> datetime | None:
        """The start of the newest one that left nothing due behind."""
        return row.complete_at

    @admin.display(description="took", ordering="took_ms")
    def took(self, row: Pass) -> str:
        """In seconds."""
        return f"{row.took_ms / 1000:.2g} s"
