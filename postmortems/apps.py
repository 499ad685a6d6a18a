"""The postmortems app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in postmortems."""

    name = "postmortems"
    default_auto_field = "django.db.models.BigAutoField"
