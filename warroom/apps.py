"""The war room's registration with Django: its pages are live, mails may bring its file along."""

from django.apps import AppConfig


class WarroomConfig(AppConfig):
    """The responders' pages."""

    name = "warroom"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the war room live, and its file known to the mails."""
        from live.topics import register
        from notifications.attachments import SNAPSHOT, register_attachment
        from warroom.live import WAR_ROOM
        from warroom.snapshot import attach

        register(WAR_ROOM)
        register_attachment(SNAPSHOT, attach)
