"""The manager's pages of services: what can break, and whose it is."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest

from catalogue.keeping import needed_by
from catalogue.ownership import change_service_owner, check_may_own
from incidents.record.models import (
    Service,
)
from people.admin_bases import FIELDS, FoundByWords
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
