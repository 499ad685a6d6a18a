"""The manager's page of the outbox: every delivery, and *send again* for dead ones."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from notifications.actions import replay_delivery
from notifications.models import Delivery, State


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin[Delivery]):
    """What left, what waits and what could not be delivered. Rows are never edited."""

    list_display = [
        "created_at",
        "incident_ref",
        "kind",
        "step",
        "channel",
        "recipient",
        "state",
        "attempt",
        "last_error",
    ]
    list_filter = ["state", "channel", "kind", "created_at"]
    list_select_related = ["person"]
    search_fields = ["incident_ref", "person__email", "person__name", "address", "subject_line"]
    date_hierarchy = "created_at"
    actions = ["send_again"]
    show_full_result_count = False

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

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Deliveries are written by actions only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list has its action; a single row is read."""
        return obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The outbox is part of the books."""
        return False
