"""The config app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in config."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"
