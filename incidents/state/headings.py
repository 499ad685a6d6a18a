"""How incidents stand in four words, for the mails about them."""

from collections.abc import Collection
from datetime import datetime

from clock.models import Now
from incidents.record.models import Incident, Kind
from notifications.headings import Heading
from pages.texts import bare


def headings_of_incidents(ids: Collection[int]) -> dict[int, Heading]:
    """Severity (a drill says that it is one), the miss, the state, the next word. One query."""
    found = {}
    for incident in Incident.objects.filter(pk__in=ids).annotate(looked_at=Now()):
        severity = incident.get_severity_display()
        looked_at: datetime = vars(incident)["looked_at"]
        next_at = incident.next_update_at if incident.makes_promises else None
        found[incident.pk] = Heading(
            severity=f"{severity} drill" if incident.kind == Kind.DRILL else severity,
            miss=bare(incident.called),
            state=incident.get_status_display().lower(),
            next_at=next_at,
            is_overdue=next_at is not None and next_at < looked_at,
        )
    return found
