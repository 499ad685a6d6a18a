"""Says which incidents are told of together: more than three that one way opened (P01)."""

from datetime import timedelta

from alerts.models import AlertGroup
from incidents.record.models import Incident

APART = 3
WITHIN = timedelta(minutes=10)


def bundle_of(incident: Incident) -> str:
    """A word that incidents share which one way opened within ten minutes, more than three of them.

    Empty for what is told by itself. Two queries at most.
    """
    opened = AlertGroup.objects.filter(incident=incident, opened_at__isnull=False)
    first = opened.order_by("opened_at").first()
    if first is None or first.opened_at is None:
        return ""
    beside = AlertGroup.objects.filter(
        source=first.source,
        opened_at__range=(first.opened_at - WITHIN, first.opened_at + WITHIN),
    )
    together = beside.values("incident").distinct().count() > APART
    return f"alerts {first.source}" if together else ""
