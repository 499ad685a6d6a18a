"""The integrations app's registration with Django and with the apps below it."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """See ARCHITECTURE.md for what lives in integrations."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Ask the operator's Prometheus, where there is one, for what signals measure."""
        from deadlines.loop import register_errand
        from incidents.endstate.sources import register_source
        from incidents.record.hooks import entry_recorded
        from integrations.prometheus.polling import ask_what_is_due
        from integrations.prometheus.receivers import follow_signals
        from integrations.prometheus.trying import Prometheus

        register_source(Prometheus())
        register_errand("ask-prometheus", ask_what_is_due, every_s=1.0)
        entry_recorded.connect(follow_signals, dispatch_uid="integrations.prometheus")
