"""The registration of what the API shares with Django: the answers kept for idempotency."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """What every part of the HTTP API shares."""

    name = "api"
    default_auto_field = "django.db.models.BigAutoField"
