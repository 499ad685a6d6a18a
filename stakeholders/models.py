"""Where Django finds the tables of the themes; everybody else imports them from their theme."""

from stakeholders.subscriptions.models import Subscription

__all__ = ["Subscription"]
