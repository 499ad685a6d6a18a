"""The config app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Wiring only: what rings a task is decided here, so that no app below knows Celery's place."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the bell ring tasks, and forget what was known of data that a backup replaced."""
        from django.contrib.contenttypes.models import ContentType

        from config.ringing import ring_task
        from live.bell import register_ringer
        from live.hub import process_hub
        from waits.restoring import restored

        register_ringer("task", ring_task)
        restored.register(ContentType.objects.clear_cache)
        restored.register(process_hub.forget)
