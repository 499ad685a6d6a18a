"""What the API answers about alerts."""

from datetime import datetime
from typing import Literal

from alerts.models import Alert
from api.schema import Answer, Person
from people.answers import person_answer


class AlertAnswer(Answer):
    """One alert as it came in; ``severity`` is the tool's word, ``fired`` how often it fired."""

    id: int
    incident: str
    tool: str
    name: str
    summary: str
    url: str
    severity: str
    labels: dict[str, str]
    state: Literal["firing", "resolved"]
    started_at: datetime
    ended_at: datetime | None
    received_at: datetime
    fired: int
    flapping: bool
    acknowledged_at: datetime | None
    noise: bool
    noise_at: datetime | None
    noise_by: Person | None


def alert_answer(alert: Alert, ref: str) -> AlertAnswer:
    """One alert."""
    return AlertAnswer(
        id=alert.pk,
        incident=ref,
        tool=alert.tool,
        name=alert.name,
        summary=alert.summary,
        url=alert.url,
        severity=alert.severity,
        labels=alert.labels,
        state="firing" if alert.is_firing else "resolved",
        started_at=alert.started_at,
        ended_at=alert.ended_at,
        received_at=alert.received_at,
        fired=alert.fired,
        flapping=alert.flapping_at is not None,
        acknowledged_at=alert.acknowledged_at,
        noise=alert.is_noise,
        noise_at=alert.noise_at,
        noise_by=person_answer(alert.noise_by),
    )
