"""The manager's page of the templates of legal clocks, each with its due times."""

from django.contrib import admin

from incidents.obligations.models import ObligationStep, ObligationTemplate
from people.admin_bases import FIELDS, FoundByWords, RowForm, Rows
from people.admin_history import SaysWhat


class ObligationStepInline(admin.TabularInline[ObligationStep, ObligationTemplate]):
    """The due times of one template, as a table below it."""

    formfield_overrides = FIELDS
    model = ObligationStep
    formset = Rows
    form = RowForm
    fields = ["name", "hours", "months"]
    extra = 0
    verbose_name = "due time"
    verbose_name_plural = "due times, counted from when somebody became aware"


@admin.register(ObligationTemplate)
class ObligationTemplateAdmin(SaysWhat, FoundByWords):
    """Regimes and contracts with their clocks; what runs already keeps its times."""

    formfield_overrides = FIELDS
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [ObligationStepInline]
