"""The manager's pages of reviews."""

from django.contrib import admin
from django.utils.html import format_html

from manager.finding import FoundByReference
from people.admin_bases import ActedOnAdmin
from postmortems.review.models import Postmortem


@admin.register(Postmortem)
class PostmortemAdmin(FoundByReference, ActedOnAdmin):
    """Every review: who runs it, how far it is, what is late."""

    list_display = [
        "incident",
        "state",
        "facilitator",
        "meeting_at",
        "meeting_held_at",
        "publish_due_at",
        "published_at",
        "page",
    ]
    list_filter = ["state", "is_required", "facilitator"]
    list_select_related = ["incident", "facilitator"]
    search_fields = ["=incident__number", "incident__title", "facilitator__name"]
    date_hierarchy = "opened_at"

    @admin.display(description="page")
    def page(self, postmortem: Postmortem) -> str:
        """A link to the document."""
        return format_html('<a href="{}">open</a>', postmortem.get_absolute_url())
