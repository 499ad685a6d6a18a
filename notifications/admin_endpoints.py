"""The manager's pages of channels outside: made, tried, removed; never edited."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST

from notifications.endpoints import LONGEST_URL, add_channel, channel_by, remove_channel
from notifications.endpoints import try_channel as send_test_to
from notifications.models import Endpoint
from people.admin_bases import FoundByWords
from people.admin_history import manager
from refusals.errors import Invalid


class EndpointForm(forms.ModelForm[Endpoint]):
    """A new channel; what cannot be taken is said at its field."""

    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        help_text="The chat's incoming webhook, your own receiver, or an address of apprise's.",
    )
    room_url = forms.CharField(
        label="Address of the room",
        max_length=500,
        required=False,
        help_text="Incidents that are linked to this room are told there.",
    )

    class Meta:
        model = Endpoint
        fields = ["kind", "name", "url", "room_url"]


@admin.register(Endpoint)
class EndpointAdmin(FoundByWords):
    """Places outside that messages go to, with their last success and failure."""

    form = EndpointForm
    list_display = ["name", "kind", "host", "works", "succeeded_at", "failed_at", "last_error"]
    list_filter = ["kind"]
    search_fields = ["name", "host"]
    ordering = ["name"]
    actions = ["send_test"]

    @admin.display(boolean=True, description="takes messages")
    def works(self, endpoint: Endpoint) -> bool:
        """Whether it is not disabled."""
        return endpoint.disabled_at is None

    @admin.action(description="Send a test")
    def send_test(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Send a message to each chosen one; a disabled one is enabled by it."""
        for endpoint in queryset:
            send_test_to(endpoint, by=manager(request))
        self.message_user(request, f"Tests on their way: {len(queryset)}.", messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        """The admin's, and the button of the page of channels."""
        view = self.admin_site.admin_view(require_POST(self.test_view))
        name = "notifications_endpoint_test"
        return [path("<int:pk>/test/", view, name=name), *super().get_urls()]

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test to one, and go back to the page of channels."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        endpoint = channel_by(pk)
        send_test_to(endpoint, by=manager(request))
        said = f"A test is on its way to {endpoint.name}."
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:notifications_channelstatus_changelist"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list has its actions; another address is another channel."""
        return obj is None

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        """Make the channel by the same action as the API."""
        made, request.secret = form.made  # type: ignore[attr-defined]
        obj.__dict__.update(made.__dict__)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The form, which calls the action, so that what it refuses stands at its field."""
        base = super().get_form(request, *args, **kwargs)
        by = manager(request)

        class Making(base):  # type: ignore[misc, valid-type]
            def clean(self) -> Any:
                given = super().clean()
                if not self.errors:
                    names = ("kind", "url", "name", "room_url")
                    try:
                        made, secret = add_channel(by=by, **{one: given[one] for one in names})
                    except Invalid as invalid:
                        for name, said in invalid.errors.items():
                            self.add_error(name, said)
                    else:
                        self.made = (made, secret)
                return given

            def _post_clean(self) -> None:
                """The row is the action's."""

        return Making

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show a webhook's signing secret, this once."""
        secret = request.secret  # type: ignore[attr-defined]
        if not secret:
            return super().response_add(request, obj, post_url_continue)
        facts = {
            **self.admin_site.each_context(request),
            "title": f"The signing secret of {obj.name}",
            "opts": self.opts,
            "endpoint": obj,
            "secret": secret,
        }
        response = TemplateResponse(request, "admin/notifications/secret.html", facts)
        add_never_cache_headers(response)
        return response

    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        """Remove it by the same action as the API."""
        remove_channel(obj, by=manager(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """The same for several."""
        for endpoint in queryset:
            remove_channel(endpoint, by=manager(request))
