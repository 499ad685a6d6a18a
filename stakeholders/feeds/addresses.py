"""The addresses of a person's feeds."""

from incidents.record.models import Incident, Service
from people.feed_keys import personal_url
from people.models import User


def feed_url(user: User, incident: Incident | None = None, service: Service | None = None) -> str:
    """Where this person reads the feed of an incident, of a service or of everything."""
    if incident is not None:
        return personal_url(user, "stakeholders:incident-feed", incident.ref)
    if service is not None:
        return personal_url(user, "stakeholders:service-feed", service.slug)
    return personal_url(user, "stakeholders:feed")
