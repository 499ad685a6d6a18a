"""The manager's pages for people. Every change goes through ``people.actions``."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html

from clock.zones import zone_names
from people.actions import (
    change_office,
    check_managed,
    create_or_change_person,
    deactivate_person,
    end_tokens,
    hand_on_what_is_left,
    reactivate_person,
)
from people.addresses import read_email
from people.admin_bases import FIELDS, FoundByWords
from people.admin_history import SaysWhat, manager
from people.admin_leaving import BY_RULE, Heirs, Row, held_in_words, rows_of
from people.admin_tokens import AgentAdmin, ApiTokenAdmin
from people.factors import remove_second_factors
from people.invitations import Invited, invite
from people.leaving import held_by_people_who_left
from people.models import User
from people.moving import address_asked_for, change_address
from people.sessions import end_sessions
from refusals.errors import Invalid

#: Django looks for them here.
__all__ = ["AgentAdmin", "ApiTokenAdmin", "PersonAdmin"]


class PersonForm(forms.ModelForm[User]):
    """A person as a manager edits one; how they get in is their own choice, by invitation."""

    to = Heirs(
        label="What they hold goes to", help_text=f"Once they become a stakeholder. {BY_RULE}"
    )

    #: Where the manager says once more who they are, before they may change an address; or "".
    confirm_at = ""

    class Meta:
        model = User
        fields = ["name", "email", "role", "time_zone", "office_start", "office_end", "by_email"]
        help_texts: ClassVar[dict[str, str]] = {
            "email": (
                "They sign in with it, and the invitation goes there. Another one counts once the "
                "link sent to it is followed; the old one is told, and their sessions end."
            )
        }

    def clean_email(self) -> str:
        """Lower case, refused when another account has it, and changed by who is sure to be here.

        An open admin page on an empty chair must not give an account to somebody else.
        """
        try:
            email = read_email(str(self.cleaned_data["email"]))
        except Invalid as invalid:
            raise forms.ValidationError(invalid.errors["email"]) from None
        if User.objects.with_address(email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another account has this address.")
        if self.instance.pk and email != self.instance.email and self.confirm_at:
            said = format_html(
                "Changing an address asks for your own password first: "
                '<a href="{}" target="_blank">say that it is you</a>, then save again.',
                self.confirm_at,
            )
            raise forms.ValidationError(said)
        return email

    def clean_role(self) -> str:
        """Refused where nobody would be left to manage."""
        role = str(self.cleaned_data["role"])
        if self.instance.pk:
            try:
                check_managed(User.objects.get(pk=self.instance.pk), role)
            except Invalid as invalid:
                raise forms.ValidationError(invalid.errors["role"]) from invalid
        return role

    def clean_time_zone(self) -> str:
        """A real zone."""
        zone = str(self.cleaned_data["time_zone"])
        if zone not in zone_names():
            raise forms.ValidationError("Use a name such as Europe/Berlin.")
        return zone

    def clean(self) -> dict[str, Any]:
        """Refuse a working day that ends before it starts."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("office_start"), cleaned.get("office_end")
        if start is not None and end is not None and end <= start:
            self.add_error("office_end", "The working day ends after it starts.")
        return cleaned


@admin.register(User)
class PersonAdmin(SaysWhat, FoundByWords):
    """People and what they may do. Nobody is deleted: the record names them."""

    formfield_overrides = FIELDS
    form = PersonForm
    list_display = ["name", "email", "role", "is_active", "time_zone", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["name", "email"]
    actions = ["invite_again", "sign_out", "remove_factors", "deactivate", "reactivate"]
    readonly_fields = ["asked_for", "date_joined", "last_login", "holds"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Whoever is added most likely works by the clock of who adds them."""
        known: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"time_zone": manager(request).time_zone, **known}

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Create or change the person by the same actions as ``manage.py person``."""
        email = obj.email
        if change and "email" in form.changed_data:
            known = User.objects.get(pk=obj.pk)
            if not change_address(known, email, by=manager(request)):
                email, asked = known.email, email
                said = f"A link is on its way to {asked}. The address changes once it is followed."
                messages.info(request, said)
                # For the history, which says each field from what to what.
                form.fields["email"].label = "Once its link is followed, address"
        person, _ = create_or_change_person(
            email,
            name=obj.name,
            role=obj.role,
            by=manager(request),
            to=form.cleaned_data.get("to"),
        )
        change_office(
            person,
            time_zone=obj.time_zone,
            office_start=obj.office_start,
            office_end=obj.office_end,
            by_email=obj.by_email,
            is_chosen=change and "time_zone" in form.changed_data,
        )
        obj.pk = person.pk

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **options: Any
    ) -> Any:
        """The form, which knows whether the manager said a short while ago who they are."""
        form = super().get_form(request, obj, change, **options)
        if is_reauthentication_required(request, app=""):
            query = urlencode({"next": request.path})
            form.confirm_at = f"{reverse('account_reauthenticate')}?{query}"  # type: ignore[attr-defined]
        return form

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """What a person holds is asked for once there is one."""
        asked = [*PersonForm.Meta.fields]
        return [*asked, "asked_for", "date_joined", "last_login", "holds", "to"] if obj else asked

    @admin.display(description="Address asked for")
    def asked_for(self, person: User) -> str:
        """The address whose link was not followed yet."""
        return address_asked_for(person) or "none"

    @admin.display(description="Holds, and passes on when they leave")
    def holds(self, person: User) -> str:
        """Everything that passes on when they leave or become a stakeholder."""
        return held_in_words(person)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """The people found; for an owner or somebody to call in, those only who may be one."""
        if request.GET.get("field_name") in ("owner", "people"):
            queryset = queryset & User.objects.responders()
        return super().get_search_results(request, queryset, search_term)

    def get_urls(self) -> list[URLPattern]:
        """The pages of people, and what is held by those who left."""
        left = self.admin_site.admin_view(self.left_view)
        return [path("left/", left, name="people_user_left"), *super().get_urls()]

    def left_view(self, request: HttpRequest) -> HttpResponse:
        """What people hold who left or became stakeholders; posting hands it on."""
        people = [person for person, _ in held_by_people_who_left()]
        posted = request.POST if request.method == "POST" else None
        rows = rows_of(people, posted)
        if posted is not None and all(row.form.is_valid() for row in rows):
            for row in rows:
                to = row.form.cleaned_data["to"]
                hand_on_what_is_left(row.person, by=manager(request), to=to)
            return HttpResponseRedirect(reverse("admin:people_user_left"))
        intro = (
            "Nobody was there to inherit it. Choose who takes it over."
            if rows
            else "Nothing is held by people who left."
        )
        return self._show_leaving(
            request, rows, title="Held by people who left", button="Hand it on", intro=intro
        )

    def _show_leaving(self, request: HttpRequest, rows: list[Row], **facts: str) -> HttpResponse:
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "rows": rows,
            **facts,
        }
        return TemplateResponse(request, "admin/people/leaving.html", shown)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """Whoever is added is invited on the next page; there is one way on."""
        if options.get("add"):
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **options)

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
        for person in queryset:
            sessions, tokens = end_sessions(person), end_tokens(person)
            said = f"{person.name}: sessions ended: {sessions}, tokens: {tokens}."
            self.message_user(request, said, messages.SUCCESS)

    @admin.action(description="Remove the second factor (lost phone or key)")
    def remove_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Take the second factors of the chosen people away and tell them."""
        for person in queryset:
            count = remove_second_factors(person, by=manager(request))
            said = f"{person.name}: {count} removed." if count else f"{person.name} has none."
            self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)

    @admin.action(description="Deactivate: no sign-in, no tokens, no nudges")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Show what the chosen people hold; once confirmed, deactivate them and hand it on."""
        is_confirmed = "confirmed" in request.POST
        rows = rows_of(queryset, request.POST if is_confirmed else None)
        if not is_confirmed or not all(row.form.is_valid() for row in rows):
            return self._show_leaving(
                request,
                rows,
                action="deactivate",
                title="Deactivate",
                button="Deactivate, and hand on what they hold",
                intro="No sign-in, no tokens, no nudges. Everything they hold passes on.",
            )
        for row in rows:
            try:
                to = row.form.cleaned_data["to"]
                deactivate_person(row.person, by=manager(request), to=to)
                said = f"{row.person.name} was deactivated; what they held passed on."
                self.message_user(request, said, messages.SUCCESS)
            except Invalid as error:
                self.message_user(request, " ".join(error.errors.values()), messages.ERROR)
        return None

    @admin.action(description="Let them sign in again")
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Reactivate the chosen people."""
        for person in queryset:
            reactivate_person(person, by=manager(request))
            said = (
                f"{person.name} may sign in again, as before. Tokens and what they held stay gone."
            )
            self.message_user(request, said, messages.SUCCESS)
