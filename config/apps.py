"""The config app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Wiring only: what rings a task is decided here, so that no app below knows Celery's place."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the bell ring tasks."""
        from config.ringing import ring_task
        from live.bell import register_ringer

        register_ringer("task", ring_task)
