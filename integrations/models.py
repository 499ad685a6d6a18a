"""Where Django finds the tables of the tools; everybody else imports them from their folder."""

from integrations.prometheus.models import Poll, Trial

__all__ = ["Poll", "Trial"]
