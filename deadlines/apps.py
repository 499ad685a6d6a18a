"""The deadlines app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    """One engine for every due time."""

    name = "deadlines"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the outbox ask whether a nudge still matters."""
        from deadlines.queries import why_stale
        from notifications.actions import register_relevance

        register_relevance("*", why_stale)
