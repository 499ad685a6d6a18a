"""Decides who inherits what somebody left behind: the service's owner, else an administrator."""

from incidents.record.models import Incident
from incidents.roster.queries import beyond_the_roster
from people.models import User


def heir_of(incident: Incident, *, besides: User, to: User | None = None) -> User | None:
    """``to`` where given and able, else the first service owner or administrator who is left.

    Nobody where nobody else is left. Two queries at most.
    """
    if to is not None and to.is_responder and to != besides:
        return to
    left = [one for one in beyond_the_roster(incident) if one != besides and one.is_responder]
    return left[0] if left else None
