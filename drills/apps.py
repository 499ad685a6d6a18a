"""The drills app: scripted incidents and the player that acts them out."""

from django.apps import AppConfig


class DrillsConfig(AppConfig):
    """No tables: a drill is an ordinary incident of kind ``drill``."""

    name = "drills"
