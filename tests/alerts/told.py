"""Short words for what a tool tells."""

from datetime import datetime
from typing import Any

from alerts.actions import take_alerts
from alerts.reports import Heard, Report
from incidents.record.models import Incident, Service


def heard(name: str = "HighErrors", at: datetime | None = None, **more: Any) -> Heard:
    """One alert that fires, unless said otherwise."""
    return Heard(identity=name, name=name, at=at, **more)


def report(*alerts: Heard, key: str = "shop", **more: Any) -> Report:
    """What a tool tells of one group; without ``alerts`` one that fires."""
    fields = {"tool": "alertmanager", "title": "Checkout fails", "severity": "sev2", **more}
    return Report(key=key, alerts=alerts or (heard() if key == "shop" else heard(key),), **fields)


def tell(service: Service, *alerts: Heard, source: str = "key 1", **more: Any) -> Incident | None:
    """Take it in."""
    return take_alerts(service, report(*alerts, **more), source=source)
