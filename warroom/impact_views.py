"""Who is blocked as the war room shows it: numbers that run on, or stop at mitigation (P04)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from incidents.impact.models import Impact
from incidents.impact.queries import is_at_least, read_off
from incidents.record.models import Incident


@dataclass(frozen=True)
class ImpactView:
    """Who is blocked, as a number that may run on until ``until``."""

    id: int
    journey: str
    blocked: str
    amount: Decimal
    unit: str
    at: datetime
    per_minute: Decimal | None
    until: datetime | None
    at_least: bool
    story: str
    cut_off: str
    cut_off_at: datetime | None
    mark: str


def impact_views(incident: Incident, impacts: Iterable[Impact]) -> list[ImpactView]:
    """Who is blocked, in numbers that stop at mitigation."""
    views = []
    for impact in impacts:
        amount, at, per_minute = impact.amount, impact.at, impact.per_minute
        if (read := read_off(impact, incident)) is not None and impact.signal is not None:
            amount, per_minute = read, None
            at = incident.impact_ended_at or impact.signal.latest_at or at
        views.append(
            ImpactView(
                id=impact.pk,
                journey=impact.journey,
                blocked=impact.blocked,
                amount=amount,
                unit=impact.measure,
                at=at,
                per_minute=per_minute,
                until=incident.impact_ended_at,
                at_least=is_at_least(incident),
                story=impact.story,
                cut_off=impact.cut_off,
                cut_off_at=impact.cut_off_at,
                mark=f"{impact.amount}/{impact.per_minute}/{impact.journey}",
            )
        )
    return views
