"""The war room's registration with Django: its pages are live."""

from django.apps import AppConfig


class WarroomConfig(AppConfig):
    """The responders' pages."""

    name = "warroom"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the war room live."""
        from live.topics import register
        from warroom.live import WAR_ROOM

        register(WAR_ROOM)
