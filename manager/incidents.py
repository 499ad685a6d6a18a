"""The manager's pages of incidents and their record, which is read and never edited."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.timezone import get_current_timezone

from clock.written import in_zone
from incidents.deployments.models import Deployment
from incidents.escalations.models import Escalation
from incidents.line.models import Stop
from incidents.record.kinds import KINDS
from incidents.record.models import (
    Incident,
    RoleAssignment,
    TimelineEntry,
)
from incidents.sidework.models import PausedWork
from manager.finding import FoundByReference
from people.admin_bases import ReadOnlyAdmin, named, spaced


def label_of(kind: str) -> str:
    """The label of a kind of entry; one that nobody registers any more as it was named."""
    return KINDS.get(kind) or spaced(kind)


class RoleInline(admin.TabularInline[RoleAssignment, Incident]):
    """Who did what, as a table below an incident."""

    model = RoleAssignment
    fields = ["role", "person", "started_at", "ended_at", "note"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoleAssignment]:
        """With the people, in one query."""
        return super().get_queryset(request).select_related("person", "incident")


@admin.register(Incident)
class IncidentAdmin(FoundByReference):
    """Every incident, to find and to read; it is run in its war room."""

    list_display = [
        "ref",
        "title",
        "severity",
        "status",
        "kind",
        "declared_at",
        "resolved_at",
        "room",
    ]
    list_filter = ["status", "severity", "kind", "private", "services"]
    search_fields = ["=number", "title", "statement"]
    date_hierarchy = "declared_at"
    inlines = [RoleInline]
    exclude = ["time_sources", "last_seq", "last_hash", "version"]

    @admin.display(description="war room")
    def room(self, incident: Incident) -> str:
        """A link to where it is run."""
        return format_html('<a href="{}">open</a>', incident.get_absolute_url())


@admin.register(TimelineEntry)
class TimelineEntryAdmin(FoundByReference):
    """The record itself, searchable over all incidents."""

    list_display = ["at", "incident", "seq", "what", "actor", "said"]
    list_filter = [("kind", named(label_of)), "afterwards"]
    list_select_related = ["incident", "actor"]
    search_fields = ["text", "=incident__number"]
    date_hierarchy = "at"
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["incident", "seq", "at", "what", "actor", "said", "afterwards"]}),
        (
            "As it is kept and hashed",
            {
                "classes": ["collapse"],
                "fields": ["recorded_at", "canonical", "previous_hash", "hash"],
            },
        ),
    ]

    @admin.display(description="what", ordering="kind")
    def what(self, entry: TimelineEntry) -> str:
        """The kind in words."""
        return label_of(entry.kind)

    @admin.display(description="text")
    def said(self, entry: TimelineEntry) -> str:
        """What it says, by the clock of whoever reads it."""
        return in_zone(entry.text, get_current_timezone())


@admin.register(Deployment)
class DeploymentAdmin(ReadOnlyAdmin):
    """What pipelines reported as live, to find what changed before an incident."""

    list_display = ["at", "service", "version", "environment", "by", "reported_by"]
    list_filter = ["service", ("environment", named(str))]
    list_select_related = ["service", "reported_by"]
    search_fields = ["version", "service__name"]
    date_hierarchy = "at"


@admin.register(Stop)
class StopAdmin(FoundByReference):
    """Every stop of a line, who called it and who resumed."""

    list_display = ["at", "incident", "by", "reason", "resumed_at", "resumed_by"]
    list_filter = [("resumed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["incident", "by", "resumed_by"]
    search_fields = ["reason", "=incident__number"]
    date_hierarchy = "at"


@admin.register(Escalation)
class EscalationAdmin(FoundByReference):
    """Who asked early, and how long until somebody had it."""

    list_display = ["at", "incident", "by", "concern", "text", "acknowledged_at", "acknowledged_by"]
    list_filter = ["concern", ("acknowledged_at", admin.EmptyFieldListFilter)]
    list_select_related = ["incident", "by", "acknowledged_by"]
    search_fields = ["text", "by__name", "=incident__number"]
    date_hierarchy = "at"


@admin.register(PausedWork)
class PausedWorkAdmin(FoundByReference):
    """What waited for an incident, and what became of it."""

    list_display = ["paused_at", "incident", "title", "owner", "resume_when", "outcome"]
    list_filter = ["outcome", "owner"]
    list_select_related = ["incident", "owner"]
    search_fields = ["title", "owner__name", "=incident__number"]
    date_hierarchy = "paused_at"
