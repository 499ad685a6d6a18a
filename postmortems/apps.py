"""The postmortems app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in postmortems."""

    name = "postmortems"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the record, make the deadlines known, ask before closing."""
        from deadlines.kinds import register
        from incidents.actions.lifecycle import register_closing_check
        from incidents.home import Panel, register_panel
        from incidents.signals import entry_recorded
        from notifications.actions import register_relevance
        from postmortems import reminding
        from postmortems.deadlines import KINDS
        from postmortems.queries.items import load_panel
        from postmortems.receivers import closing_check, on_entry

        entry_recorded.connect(on_entry, dispatch_uid="postmortems")
        for kind in KINDS:
            register(kind)
        register_closing_check(closing_check)
        register_relevance(reminding.KIND, reminding.why_stale)
        register_panel(Panel("action items", "actions/_panel.html", load_panel))
