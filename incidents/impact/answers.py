"""What the API answers about who is blocked."""

from datetime import datetime

from api.schema import Answer
from incidents.impact.models import Impact
from incidents.impact.queries import impact_total, is_at_least
from incidents.record.models import Incident


class ImpactAnswer(Answer):
    """Who is blocked; ``total`` is the number now, by rate or by signal."""

    id: int
    incident: str
    journey: str
    blocked: str
    amount: float
    unit: str
    at: datetime
    per_minute: float | None
    signal: int | None
    currency: str
    story: str
    cut_off: str
    cut_off_at: datetime | None
    total: float
    at_least: bool


def impact_answer(impact: Impact, incident: Incident, moment: datetime) -> ImpactAnswer:
    """One impact with its total at ``moment``."""
    return ImpactAnswer.of(
        impact,
        incident=incident.ref,
        amount=float(impact.amount),
        per_minute=None if impact.per_minute is None else float(impact.per_minute),
        signal=impact.signal_id,
        total=float(impact_total(impact, incident, moment)),
        at_least=is_at_least(incident),
    )
