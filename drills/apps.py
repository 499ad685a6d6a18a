"""The drills app: scripted incidents and the player that acts them out."""

from django.apps import AppConfig


class DrillsConfig(AppConfig):
    """No tables: a drill is an ordinary incident of kind ``drill``."""

    name = "drills"

    def ready(self) -> None:
        """Let the start page say what the demo is."""
        from drills.panel import load_panel
        from pages.panels import Panel, register_panel

        register_panel(Panel("demo", "drills/_demo.html", load_panel, is_first=True))
