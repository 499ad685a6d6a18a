"""How an incident stands in four words, for the mails about it."""

from incidents.record.models import Incident, Kind
from notifications.headings import Heading


def heading_of_incident(pk: int) -> Heading | None:
    """Severity (a drill says that it is one), the miss, the state, the next word. One query."""
    incident = Incident.objects.filter(pk=pk).first()
    if incident is None:
        return None
    severity = incident.get_severity_display()
    return Heading(
        severity=f"{severity} drill" if incident.kind == Kind.DRILL else severity,
        miss=incident.called,
        state=incident.get_status_display().lower(),
        next_at=incident.next_update_at if incident.makes_promises else None,
    )
