"""The registration of what runs the product with Django: the command ``up``."""

from django.apps import AppConfig


class RunningConfig(AppConfig):
    """Supervisor, embedded servers, web server."""

    name = "running"
    default_auto_field = "django.db.models.BigAutoField"
