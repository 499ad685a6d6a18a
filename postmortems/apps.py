"""The postmortems app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in postmortems."""

    name = "postmortems"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the record, make the deadlines known, ask before closing."""
        from deadlines.kinds import register
        from incidents.lifecycle.actions import register_closing_check
        from incidents.record.hooks import entry_recorded
        from notifications.actions import register_relevance
        from pages.panels import Panel, register_panel
        from postmortems.items import mornings
        from postmortems.items.deadlines import KINDS as OF_ITEMS
        from postmortems.items.queries import load_panel
        from postmortems.review.deadlines import KINDS as OF_REVIEWS
        from postmortems.review.receivers import closing_check, on_entry

        entry_recorded.connect(on_entry, dispatch_uid="postmortems")
        for kind in OF_REVIEWS:
            register(kind)
        for of_item in OF_ITEMS:
            register(of_item)
        register(mornings.Morning())
        register_closing_check(closing_check)
        register_relevance(mornings.Morning.name, mornings.why_stale)
        register_panel(Panel("action items", "actions/_panel.html", load_panel))
