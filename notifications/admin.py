"""The manager's pages of the outbox: every delivery with *send again*, and every channel."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_POST

from clock.queries import now
from clock.written import in_zone
from notifications.actions import queue_test, replay_delivery
from notifications.admin_endpoints import EndpointAdmin
from notifications.channels import channel_names
from notifications.kinds import words_of
from notifications.models import Channel, ChannelStatus, Delivery, Endpoint, State
from notifications.queries import channel_overview, takes_tests
from people.admin_bases import ActedOnAdmin, ReadOnlyAdmin, named, spaced
from people.models import User

__all__ = ["ChannelAdmin", "DeliveryAdmin", "EndpointAdmin"]


@admin.register(Delivery)
class DeliveryAdmin(ActedOnAdmin):
    """What left, what waits and what could not be delivered. Rows are never edited."""

    list_display = [
        "created_at",
        "incident_ref",
        "about",
        "at_step",
        "channel",
        "recipient",
        "state",
        "attempt",
        "last_error",
    ]
    list_filter = ["state", "channel", ("kind", named(words_of)), "created_at"]
    list_select_related = ["person"]
    search_fields = ["incident_ref", "person__email", "person__name", "address", "subject_line"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    actions = ["send_again"]
    show_full_result_count = False
    fields = [
        *("created_at", "incident_ref", "about", "at_step", "channel", "recipient"),
        *("subject_line", "said", "url", "state", "due_at", "next_attempt_at", "expires_at"),
        *("attempt", "replays", "last_error", "cancelled_reason"),
        *("sent_at", "settled_at", "read_at"),
    ]

    @admin.display(description="about", ordering="kind")
    def about(self, delivery: Delivery) -> str:
        """What it tells of."""
        return words_of(delivery.kind)

    @admin.display(description="step", ordering="step")
    def at_step(self, delivery: Delivery) -> str:
        """The step of a ladder, or what an incident came to."""
        return spaced(delivery.step)

    @admin.display(description="text")
    def said(self, delivery: Delivery) -> str:
        """Its words, by the clock of whoever reads the page."""
        return in_zone(delivery.text, get_current_timezone())

    @admin.action(description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Put the chosen given-up deliveries back in the queue with their old Message-ID."""
        # Read first: in the list of those given up, a row leaves the list when it is sent again.
        chosen = list(queryset.values_list("pk", "state"))
        dead = [pk for pk, state in chosen if state == State.DEAD]
        for pk in dead:
            replay_delivery(pk)
        replayed, left = len(dead), len(chosen) - len(dead)
        self.message_user(request, f"{replayed} will be sent again.", messages.SUCCESS)
        if left:
            self.message_user(
                request,
                f"{left} were not given up, so there is nothing to repeat.",
                messages.WARNING,
            )


@admin.register(ChannelStatus)
class ChannelAdmin(ReadOnlyAdmin):
    """The ways out, one line each: whether they work, and a test to oneself."""

    def get_urls(self) -> list[URLPattern]:
        """The page and its button; there are no rows to open."""
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name="notifications_channelstatus_changelist"),
            path(
                "<slug:channel>/test/",
                view(require_POST(self.test_view)),
                name="notifications_channelstatus_test",
            ),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every channel with what it did lately."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        since = now() - timedelta(hours=24)
        deliveries = reverse("admin:notifications_delivery_changelist")

        def listing(**lookups: str) -> str:
            return f"{deliveries}?{urlencode(lookups)}"

        lines = [
            {
                "view": view,
                "waiting_url": listing(channel__exact=view.name, state__exact=State.PENDING),
                "dead_url": listing(
                    channel__exact=view.name,
                    state__exact=State.DEAD,
                    settled_at__gte=since.isoformat(),
                ),
            }
            for view in channel_overview(since)
        ]
        outside = [
            {
                "endpoint": endpoint,
                "waiting_url": listing(address=endpoint.address, state__exact=State.PENDING),
                "dead_url": listing(address=endpoint.address, state__exact=State.DEAD),
            }
            for endpoint in Endpoint.objects.order_by("name")
        ]
        facts = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": "Channels",
            "opts": self.opts,
            "lines": lines,
            "outside": outside,
        }
        return TemplateResponse(request, "admin/notifications/channels.html", facts)

    def test_view(self, request: HttpRequest, channel: str) -> HttpResponse:
        """Queue a real delivery to whoever asks, by that channel."""
        person = request.user
        if not self.has_view_permission(request) or not isinstance(person, User):
            raise PermissionDenied
        if channel not in channel_names() or not takes_tests(channel):
            raise Http404
        queue_test(channel, by=person)
        self.message_user(
            request,
            f"A test is on its way to you: {dict(Channel.choices).get(channel, channel)}.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(reverse("admin:notifications_channelstatus_changelist"))
