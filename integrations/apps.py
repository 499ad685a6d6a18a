"""The integrations app's registration with Django."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in integrations."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"
