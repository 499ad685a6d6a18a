"""The lock that every action on an incident takes first; then come deadline and delivery."""

from incidents.models import Incident
from refusals.errors import NotVisible


def lock_incident(incident_id: int) -> Incident:
    """The incident's row, fresh and locked ``FOR NO KEY UPDATE`` until the transaction ends.

    Raises ``NotVisible`` when it is gone. One query.
    """
    incident = Incident.objects.select_for_update(no_key=True).filter(pk=incident_id).first()
    if incident is None:
        raise NotVisible
    return incident
