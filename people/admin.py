"""The manager's pages for people and tokens. Every change goes through ``people.actions``."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html, format_html_join

from clock.queries import now
from people.actions import (
    change_address,
    change_office,
    create_or_change_person,
    deactivate_person,
    end_tokens,
    reactivate_person,
    revoke_token,
)
from people.admin_bases import TEXT_FIELDS
from people.factors import remove_second_factors
from people.invitations import Invited, invite
from people.leaving import held_by
from people.models import ApiToken, User
from people.sessions import end_sessions
from refusals.errors import Invalid


class PersonForm(forms.ModelForm[User]):
    """A person as a manager edits one; how they get in is their own choice, by invitation."""

    class Meta:
        model = User
        fields = ["name", "email", "role", "time_zone", "office_start", "office_end", "by_email"]

    def clean_email(self) -> str:
        """Lower case, and refused when another account has it."""
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another account has this address.")
        return email


@admin.register(User)
class PersonAdmin(admin.ModelAdmin[User]):
    """People and what they may do. Nobody is deleted: the record names them."""

    formfield_overrides = TEXT_FIELDS
    form = PersonForm
    list_display = ["name", "email", "role", "is_active", "time_zone", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["name", "email"]
    actions = ["invite_again", "sign_out", "remove_factors", "deactivate", "reactivate"]
    readonly_fields = ["date_joined", "last_login", "holds"]

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """What is known of somebody who is there; whoever is being added has no past."""
        fields = super().get_fields(request, obj)
        return [name for name in fields if obj is not None or name not in self.readonly_fields]

    @admin.display(description="Holds, and passes on when they leave")
    def holds(self, person: User) -> str:
        """What would pass on to others if they left now, each with its page."""
        held = [one for things in held_by(person).values() for one in things]
        lines = [
            format_html('<a href="{}">{}</a>', one.url, one.what) if one.url else one.what
            for one in held
        ]
        return format_html_join("; ", "{}", ((line,) for line in lines)) or "Nothing."

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Create or change the person by the same actions as ``manage.py person``."""
        email = obj.email
        if change and "email" in form.changed_data:
            change_address(User.objects.get(pk=obj.pk), email, by=_manager(request))
        person, _ = create_or_change_person(
            email, name=obj.name, role=obj.role, by=_manager(request)
        )
        change_office(
            person,
            time_zone=obj.time_zone,
            office_start=obj.office_start,
            office_end=obj.office_end,
            by_email=obj.by_email,
        )
        obj.pk = person.pk

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the invitation of whom was added, this once; it is on its way by mail, too."""
        return self._show_invitations(request, [invite(User.objects.get(pk=obj.pk))])

    def _show_invitations(self, request: HttpRequest, invited: list[Invited]) -> HttpResponse:
        facts = {
            **self.admin_site.each_context(request),
            "title": "Invited" if invited else "Nobody was invited",
            "opts": self.opts,
            "invited": invited,
        }
        response = TemplateResponse(request, "admin/people/invited.html", facts)
        add_never_cache_headers(response)
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody is deleted."""
        return False

    @admin.action(description="Invite: a new link to choose a password or a passkey")
    def invite_again(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        """Make a link for each of the chosen people; earlier ones open nothing any more."""
        invited = []
        for person in queryset:
            try:
                invited.append(invite(person))
            except Invalid as error:
                self.message_user(request, " ".join(error.errors.values()), messages.ERROR)
        return self._show_invitations(request, invited)

    @admin.action(description="Sign out everywhere, and end the API tokens")
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End sessions and tokens of the chosen people."""
        sessions = tokens = 0
        for person in queryset:
            sessions += end_sessions(person)
            tokens += end_tokens(person)
        said = f"{sessions} sessions and {tokens} tokens ended."
        self.message_user(request, said, messages.SUCCESS)

    @admin.action(description="Remove the second factor (lost phone or key)")
    def remove_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Take the second factors of the chosen people away and tell them."""
        for person in queryset:
            count = remove_second_factors(person, by=_manager(request))
            said = f"{person.name}: {count} removed." if count else f"{person.name} has none."
            self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)

    @admin.action(description="Deactivate: no sign-in, no tokens, no nudges")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Deactivate the chosen people, oneself excepted."""
        for person in queryset:
            try:
                deactivate_person(person, by=_manager(request))
            except Invalid as error:
                self.message_user(request, str(error), messages.ERROR)

    @admin.action(description="Let them sign in again")
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Reactivate the chosen people."""
        for person in queryset:
            reactivate_person(person, by=_manager(request))


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Which programs act for whom. The secret is stored hashed and cannot be shown."""

    list_display = [
        "name",
        "user",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "is_valid",
    ]
    list_filter = ["revoked_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__email", "user__name"]
    actions = ["revoke"]

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


def _manager(request: HttpRequest) -> User:
    """The signed-in manager; the admin lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user
