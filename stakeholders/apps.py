"""The stakeholders app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class StakeholdersConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in stakeholders."""

    name = "stakeholders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the executive page live, and the one behind a share link."""
        from live.topics import register
        from stakeholders.guests import GUEST_PAGE
        from stakeholders.live import STAKEHOLDER_PAGE

        register(STAKEHOLDER_PAGE)
        register(GUEST_PAGE)
