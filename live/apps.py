"""The live app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in live."""

    name = "live"
    default_auto_field = "django.db.models.BigAutoField"
