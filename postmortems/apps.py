"""The postmortems app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in postmortems."""

    name = "postmortems"
    verbose_name = "Post-mortems"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the record, make what they say and owe known, ask before closing."""
        from incidents.lifecycle.actions import register_closing_check
        from incidents.record.hooks import entry_recorded
        from incidents.record.kinds import register_kinds
        from notifications.kinds import register
        from pages.panels import Panel, register_panel
        from pages.suggestions import register_check
        from postmortems.ideas import kinds as of_ideas
        from postmortems.ideas.merged import on_entry as ideas_on_entry
        from postmortems.items import kinds as of_items
        from postmortems.items.deadlines import KINDS as OF_ITEMS
        from postmortems.items.merged import on_entry as items_on_entry
        from postmortems.items.queries import load_panel
        from postmortems.language.checking import check
        from postmortems.publication import kinds as of_publication
        from postmortems.publication.messages import MESSAGES as ABOUT_PUBLICATION
        from postmortems.review import kinds as of_review
        from postmortems.review.deadlines import KINDS as OF_REVIEWS
        from postmortems.review.messages import MESSAGES as ABOUT_REVIEWS
        from postmortems.review.receivers import closing_check, on_entry

        entry_recorded.connect(on_entry, dispatch_uid="postmortems")
        entry_recorded.connect(items_on_entry, dispatch_uid="postmortems.items")
        entry_recorded.connect(ideas_on_entry, dispatch_uid="postmortems.ideas")
        register(*OF_REVIEWS, *OF_ITEMS, *ABOUT_REVIEWS, *ABOUT_PUBLICATION)
        for theme in (of_review, of_publication, of_items, of_ideas):
            register_kinds(theme.KINDS)
        register_closing_check(closing_check)
        register_check(check)
        register_panel(Panel("action items", "actions/_panel.html", load_panel))
