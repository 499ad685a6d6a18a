"""The deadlines app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in deadlines."""

    name = "deadlines"
    default_auto_field = "django.db.models.BigAutoField"
