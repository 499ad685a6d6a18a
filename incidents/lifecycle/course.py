"""Tells higher floors what the course of an incident means for them; they register for it."""

from datetime import datetime

from incidents.record.models import Incident


class Follower:
    """One thing that follows the course of incidents; it is told under the incident's lock."""

    def is_investigated(self, incident: Incident, *, since: datetime) -> None:
        """Its cause is looked for, from ``since`` on."""

    def is_worse_or_better(self, incident: Incident) -> None:
        """Its severity has changed."""

    def is_identified(self, incident: Incident, *, at: datetime) -> None:
        """Its cause is known."""

    def is_over(self, incident: Incident, *, reason: str) -> None:
        """It has ended."""


_followers: list[Follower] = []


def register_follower(follower: Follower) -> None:
    """Tell ``follower`` of every incident's course."""
    _followers.append(follower)


def followers() -> list[Follower]:
    """Every registered one, in order."""
    return list(_followers)
