"""The deadlines app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    """One engine for every due time."""

    name = "deadlines"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known what the engine says about itself, and let the loop ask outside systems."""
        from deadlines.loop import register_errand
        from deadlines.messages import SetAside
        from notifications.kinds import register
        from people.rechecking import recheck_due

        register(SetAside())
        register_errand("ask-single-sign-on", recheck_due, every_s=30.0)
