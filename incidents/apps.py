"""The incidents app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in incidents."""

    name = "incidents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of deadlines, the live war room and what makes a message stale known."""
        from deadlines.kinds import register
        from deadlines.queries import register_books
        from incidents.awaited import KINDS as AWAITED
        from incidents.books import check_books
        from incidents.deadlines import KINDS
        from incidents.live import WAR_ROOM
        from incidents.relevance import KINDS as ASKED_ABOUT
        from incidents.relevance import why_stale
        from incidents.time_boxes import TimeBox
        from live.topics import register as register_audience
        from notifications.actions import register_relevance

        for kind in (*KINDS, *AWAITED, TimeBox()):
            register(kind)
        register_audience(WAR_ROOM)
        register_books(check_books)
        for name in ASKED_ABOUT:
            register_relevance(name, why_stale)
