"""The manager's registration with Django, which finds its pages in ``manager.admin``."""

from django.apps import AppConfig


class ManagerConfig(AppConfig):
    """Services, policies, and every incident, review and action item in lists."""

    name = "manager"
    default_auto_field = "django.db.models.BigAutoField"
