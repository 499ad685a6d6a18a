"""The deadlines app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    """One engine for every due time."""

    name = "deadlines"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known what the engine says about itself."""
        from deadlines.messages import SetAside
        from notifications.kinds import register

        register(SetAside())
