"""The way to an incident: by its reference, through what the person may see."""

import re

from incidents.models import Incident
from people.models import User
from refusals.errors import NotVisible

_REF = re.compile(r"INC-([1-9][0-9]{0,8})\Z", re.ASCII | re.IGNORECASE)


def get_incident(user: User, ref: str) -> Incident:
    """The incident with that reference; unknown and not visible: ``NotVisible``. One query."""
    match = _REF.match(ref)
    if match is None:
        raise NotVisible
    incident = Incident.objects.visible_to(user).filter(number=int(match[1])).first()
    if incident is None:
        raise NotVisible
    return incident
