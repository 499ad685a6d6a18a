"""The alerts app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in alerts."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known what alerts say and owe, and what begins when somebody joins (P01)."""
        from alerts.bundling import bundle_of
        from alerts.deadlines import AlertsOver
        from alerts.joining import attend, stop_asking
        from alerts.kinds import KINDS
        from alerts.messages import MESSAGES
        from alerts.receivers import on_entry
        from incidents.record.hooks import entry_recorded
        from incidents.record.kinds import register_kinds
        from incidents.roster.arriving import register_bundle, register_first
        from notifications.kinds import register

        register(AlertsOver(), *MESSAGES)
        register_kinds(KINDS)
        register_first(attend)
        register_first(stop_asking)
        register_bundle(bundle_of)
        entry_recorded.connect(on_entry, dispatch_uid="alerts")
