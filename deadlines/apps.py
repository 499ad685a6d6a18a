"""The deadlines app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    """One engine for every due time."""

    name = "deadlines"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the outbox ask whether a nudge still matters, and the loop ask outside systems."""
        from deadlines.loop import register_errand
        from deadlines.queries import why_stale
        from notifications.actions import register_relevance
        from people.rechecking import recheck_due

        register_relevance("*", why_stale)
        register_errand("ask-single-sign-on", recheck_due, every_s=30.0)
