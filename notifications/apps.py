"""The notifications app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in notifications."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
