"""The manager's pages for the tokens of programs and agents."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers

from clock.queries import now
from people.actions import issue_token, revoke_token
from people.admin_bases import FoundByWords
from people.models import AgentToken, ApiToken, Scope, User


@admin.register(ApiToken)
class ApiTokenAdmin(FoundByWords):
    """Which programs act for whom. The secret is stored hashed and cannot be shown."""

    list_display = [
        "name",
        "user",
        "may",
        "created_at",
        "expires_at",
        "last_used_at",
        "is_valid",
    ]
    list_filter = ["revoked_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__email", "user__name"]
    actions = ["revoke"]
    fields: ClassVar[Any] = [
        *("name", "user", "may", "is_service", "calls_a_minute"),
        *("created_at", "expires_at", "last_used_at", "revoked_at"),
    ]

    @admin.display(description="may")
    def may(self, token: ApiToken) -> str:
        """Its scopes."""
        return ", ".join(token.scopes)

    @admin.display(boolean=True, description="valid")
    def is_valid(self, token: ApiToken) -> bool:
        """Whether it opens anything now."""
        return token.is_valid_at(now())

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Revoke the chosen tokens at once."""
        for token in queryset:
            revoke_token(token)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tokens are made by their person or by ``manage.py api_token``."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Seen and revoked, never edited."""
        return obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoked ones stay visible."""
        return False


class AgentForm(forms.ModelForm[ApiToken]):
    """An agent, who answers for it, how long it may and how often."""

    expires_days = forms.IntegerField(
        label="Expires after days", min_value=1, max_value=3650, initial=90, required=False
    )

    class Meta:
        model = AgentToken
        fields = ["name", "user", "calls_a_minute"]
        labels = {"user": "Who answers for it"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.responders()  # type: ignore[attr-defined]
        self.fields["calls_a_minute"].validators += [MinValueValidator(1), MaxValueValidator(6000)]


@admin.register(AgentToken)
class AgentAdmin(ApiTokenAdmin):
    """Agents: tokens that read and suggest, each with a person who answers for it (P37)."""

    form = AgentForm
    fields: ClassVar[Any] = None
    list_display = [
        "name",
        "user",
        "calls_a_minute",
        "created_at",
        "expires_at",
        "last_used_at",
        "is_valid",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Those of agents alone."""
        return super().get_queryset(request).filter(scopes__contains=[Scope.AGENT])

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Managers make the tokens of agents."""
        return True

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make the token by the same action as ``manage.py api_token``."""
        token, secret = issue_token(
            obj.user,
            name=obj.name,
            scopes=(Scope.AGENT,),
            expires_days=form.cleaned_data["expires_days"],
            calls_a_minute=obj.calls_a_minute,
        )
        obj.pk = token.pk
        request.secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret, this once."""
        facts = {
            **self.admin_site.each_context(request),
            "title": f"The token of {obj.name}",
            "opts": self.opts,
            "token": obj,
            "secret": request.secret,  # type: ignore[attr-defined]
        }
        response = TemplateResponse(request, "admin/people/agent.html", facts)
        add_never_cache_headers(response)
        return response
