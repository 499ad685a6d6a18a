"""Decides who inherits what somebody left behind: the service's owner, else an administrator."""

from incidents.record.models import Incident
from incidents.record.visibility import is_visible
from incidents.roster.queries import beyond_the_roster
from people.models import User


def heir_of(incident: Incident, *, besides: User, to: User | None = None) -> User | None:
    """``to`` where given and able, else the first service owner or administrator who is left.

    Able is who may act on incidents and see this one. Nobody where nobody else is left. Three
    queries at most.
    """
    if to is not None and to != besides and to.is_responder and is_visible(to, incident.pk):
        return to
    left = [one for one in beyond_the_roster(incident) if one != besides and one.is_responder]
    return left[0] if left else None
