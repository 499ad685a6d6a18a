"""The catalogue's registration with Django and with the rooms below."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Services and who owns them."""

    name = "catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what people hear of services."""
        from catalogue.messages import MESSAGES
        from notifications.kinds import register

        register(*MESSAGES)
