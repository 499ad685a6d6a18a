"""What a manager sees of integrations: keys, made here and shown once, and what was unreadable."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers

from integrations.keys import (
    change_key,
    make_key,
    read_paths,
    read_secrets,
    read_severities,
    revoke_key,
)
from integrations.models import HookKey, KeptBody
from integrations.receiving import ALERTS, DEPLOYMENTS
from people.admin_bases import FoundByWords, ReadOnlyAdmin
from refusals.errors import Invalid

SHOWN = 64 * 1024


class KeyForm(forms.ModelForm[HookKey]):
    """A key's name and service, what its tool's words mean, and what it signs with."""

    new_secrets = forms.CharField(
        label="Secrets",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What the tool signs with, one a line, two while it rotates; never shown again. "
        "Empty: they stay.",
    )

    class Meta:
        model = HookKey
        fields = ["service", "name", "severity", "severities", "paths"]

    def clean_severities(self) -> dict[str, str]:
        """The tool's words, each with a severity."""
        return self._read("severities", read_severities)

    def clean_paths(self) -> dict[str, str]:
        """Dotted paths, by what stands there."""
        return self._read("paths", read_paths)

    def clean_new_secrets(self) -> list[str]:
        """The secrets, a line each."""
        lines = [one for one in self.cleaned_data["new_secrets"].splitlines() if one.strip()]
        try:
            return read_secrets(lines)
        except Invalid as error:
            raise forms.ValidationError(list(error.errors.values())) from error

    def _read(self, name: str, read: Callable[[object], dict[str, str]]) -> dict[str, str]:
        try:
            return read(self.cleaned_data[name] or {})
        except Invalid as error:
            raise forms.ValidationError(list(error.errors.values())) from error


@admin.register(HookKey)
class HookKeyAdmin(FoundByWords):
    """By which key a tool tells about a service. The key is stored hashed and cannot be shown."""

    form = KeyForm
    list_display = ["name", "service", "severity", "made_by", "made_at", "last_used_at", "opens"]
    list_select_related = ["service", "made_by"]
    search_fields = ["name", "service__name"]
    autocomplete_fields = ["service"]
    actions = ["revoke"]

    @admin.display(boolean=True, description="valid")
    def opens(self, key: HookKey) -> bool:
        """Whether it opens anything now."""
        return key.is_valid

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[HookKey]) -> None:
        """Revoke the chosen keys at once."""
        for key in queryset:
            revoke_key(key.pk, by=request.user)  # type: ignore[arg-type]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A key stays with its service."""
        return ["service"] if obj is not None else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoked ones stay visible."""
        return False

    def save_model(self, request: HttpRequest, obj: HookKey, form: Any, change: bool) -> None:
        """Make or change the key by the same actions as the API."""
        data = form.cleaned_data
        fields = {name: data[name] for name in ("name", "severity", "severities", "paths")}
        if data["new_secrets"]:
            fields["secrets"] = data["new_secrets"]
        if change:
            change_key(obj.pk, by=request.user, **fields)  # type: ignore[arg-type]
            return
        made, said = make_key(data["service"], by=request.user, **fields)  # type: ignore[arg-type]
        obj.pk = made.pk
        request.said = said  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: HookKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key, this once, with the addresses it opens."""
        facts = {
            **self.admin_site.each_context(request),
            "title": f"The key of {obj.name}",
            "opts": self.opts,
            "key": obj,
            "said": request.said,  # type: ignore[attr-defined]
            "tools": [*ALERTS, *DEPLOYMENTS],
        }
        response = TemplateResponse(request, "admin/integrations/key.html", facts)
        add_never_cache_headers(response)
        return response


@admin.register(KeptBody)
class KeptBodyAdmin(ReadOnlyAdmin):
    """What a tool posted and nobody could read, with the reason; kept for a week."""

    list_display = ["at", "tool", "key", "why"]
    list_filter = ["tool"]
    list_select_related = ["key__service"]
    search_fields = ["why", "key__name"]
    fields = ["at", "tool", "key", "why", "text"]

    @admin.display(description="body")
    def text(self, kept: KeptBody) -> str:
        """As text, its beginning."""
        return bytes(kept.body[:SHOWN]).decode(errors="replace")

    def get_queryset(self, request: HttpRequest) -> QuerySet[KeptBody]:
        """The list without the bodies."""
        return super().get_queryset(request).select_related("key__service")
