"""The stakeholders app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class StakeholdersConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in stakeholders."""

    name = "stakeholders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the executive page live, and the one behind a share link; tell who subscribed."""
        from incidents.record.hooks import entry_recorded
        from live.topics import register
        from notifications.kinds import register as register_kinds
        from stakeholders.guests import GUEST_PAGE
        from stakeholders.live import STAKEHOLDER_PAGE
        from stakeholders.subscriptions.messages import MESSAGES
        from stakeholders.subscriptions.receivers import on_entry

        register(STAKEHOLDER_PAGE)
        register(GUEST_PAGE)
        register_kinds(*MESSAGES)
        entry_recorded.connect(on_entry, dispatch_uid="stakeholders.subscriptions")
