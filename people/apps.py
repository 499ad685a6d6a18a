"""The people app: who somebody is and how a program proves to act for them."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Accounts, roles, API tokens and preferences."""

    name = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear what the account library changes; refuse to start with groups that mean nothing."""
        from django.core.exceptions import ImproperlyConfigured

        from people import checks, receivers  # noqa: F401 - they register themselves

        for wrong in checks.check_single_sign_on():
            raise ImproperlyConfigured(wrong.msg)
