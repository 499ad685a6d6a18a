"""The incidents app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in incidents."""

    name = "incidents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of deadlines and the live war room known."""
        from deadlines.kinds import register
        from incidents.deadlines import KINDS
        from incidents.live import WAR_ROOM
        from incidents.time_boxes import TimeBox
        from live.topics import register as register_audience

        for kind in (*KINDS, TimeBox()):
            register(kind)
        register_audience(WAR_ROOM)
