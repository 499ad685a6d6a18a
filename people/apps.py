"""The people app: who somebody is and how a program proves to act for them."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Accounts, roles, API tokens and preferences."""

    name = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear what the account library changes, and check the settings of single sign-on."""
        from people import checks, receivers  # noqa: F401 - they register themselves
