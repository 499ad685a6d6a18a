"""The manager's pages for services, policies and the record. The record is read, never edited."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html

from incidents.cadence.ladders import change_ladder
from incidents.catalogue.keeping import needed_by
from incidents.catalogue.ownership import change_service_owner, check_may_own
from incidents.deployments.models import Deployment
from incidents.escalations.models import Escalation
from incidents.line.models import Stop
from incidents.record.models import (
    DUE_STEP,
    Incident,
    LadderStep,
    RoleAssignment,
    Service,
    SeverityPolicy,
    TimelineEntry,
)
from incidents.record.references import number_of
from incidents.sidework.models import PausedWork
from people.admin_bases import FIELDS, FoundByWords, ReadOnlyAdmin, Rows
from people.admin_history import SaysWhat, manager
from people.models import User
from refusals.errors import Invalid


class ServiceForm(ModelForm[Service]):
    """A service as a manager edits one."""

    def clean_owner(self) -> User | None:
        """An active responder or admin, or nobody."""
        owner: User | None = self.cleaned_data["owner"]
        try:
            check_may_own(owner)
        except Invalid as invalid:
            raise ValidationError(invalid.errors["owner"]) from invalid
        return owner

    def clean_depends_on(self) -> list[Service]:
        """Anything but itself."""
        try:
            return needed_by(self.instance, self.cleaned_data["depends_on"])
        except Invalid as invalid:
            raise ValidationError(invalid.errors["depends_on"]) from None


@admin.register(Service)
class ServiceAdmin(SaysWhat, FoundByWords):
    """What can break, who owns it, whom to invite, and what it depends on."""

    form = ServiceForm

    formfield_overrides = FIELDS
    list_display = ["name", "owner", "chat_url", "runbook_url"]
    list_filter = ["owner"]
    list_select_related = ["owner"]
    search_fields = ["name", "description", "owner__name"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["owner", "people", "depends_on"]

    def save_model(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:
        """Save what was typed; the owner passes by its action, so that both hear of it."""
        to = obj.owner
        obj.owner = Service.objects.get(pk=obj.pk).owner if change else None
        super().save_model(request, obj, form, change)
        change_service_owner(obj, by=manager(request), to=to)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A service that incidents name stays."""
        return obj is None or not obj.incidents.exists()


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
    fields = ["minutes", "name", "audience"]
    extra = 0
    verbose_name = "step when the promised update is late"
    verbose_name_plural = "ladder of the promised update, also for the promises that are open"


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
    inlines = [LadderInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Let the promises that are open follow the changed ladder."""
        save = super().save_related
        change_ladder(form.instance.pk, how=lambda: save(request, form, formsets, change))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There are exactly four severities."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There are exactly four severities."""
        return False


class RoleInline(admin.TabularInline[RoleAssignment, Incident]):
    """Who did what, as a table below an incident."""

    model = RoleAssignment
    fields = ["role", "person", "started_at", "ended_at", "note"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoleAssignment]:
        """With the people, in one query."""
        return super().get_queryset(request).select_related("person", "incident")


class FoundByReference(ReadOnlyAdmin):
    """Found by an incident's reference, too: ``INC-42``, ``inc-42`` and ``INC-042`` alike."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows of the incidents that are named, among those found by the other words."""
        (number,) = (one[1:] for one in self.search_fields if one.startswith("="))
        words = []
        for word in search_term.split():
            if (named := number_of(word)) is None:
                words.append(word)
            else:
                queryset = queryset.filter(**{number: named})
        return super().get_search_results(request, queryset, " ".join(words))


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

    @admin.display(description="war room")
    def room(self, incident: Incident) -> str:
        """A link to where it is run."""
        return format_html('<a href="{}">open</a>', incident.get_absolute_url())


@admin.register(TimelineEntry)
class TimelineEntryAdmin(FoundByReference):
    """The record itself, searchable over all incidents."""

    list_display = ["at", "incident", "seq", "kind", "actor", "text"]
    list_filter = ["kind", "afterwards"]
    list_select_related = ["incident", "actor"]
    search_fields = ["text", "=incident__number"]
    date_hierarchy = "at"
    show_full_result_count = False


@admin.register(Deployment)
class DeploymentAdmin(ReadOnlyAdmin):
    """What pipelines reported as live, to find what changed before an incident."""

    list_display = ["at", "service", "version", "environment", "by", "reported_by"]
    list_filter = ["service", "environment"]
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
