"""The clock app: the one source of time."""

from django.apps import AppConfig


class ClockConfig(AppConfig):
    """Holds the SQL function ``endstate_now()`` and the offset that tests and drills may set."""

    name = "clock"
    default_auto_field = "django.db.models.BigAutoField"
