"""The alerts of an incident, as the war room lists them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import JSONObject

from alerts.models import Alert
from incidents.record.models import Incident

SHOWN = 12


@dataclass(frozen=True)
class AlertView:
    """One alert as people read it; ``noise_by`` is empty unless somebody marked it."""

    id: int
    name: str
    summary: str
    url: str
    tool: str
    severity: str
    started_at: datetime
    ended_at: datetime | None
    fired: int
    flaps: bool
    is_acknowledged: bool
    noise_by: str

    @property
    def is_firing(self) -> bool:
        """Whether it is not over."""
        return self.ended_at is None


@dataclass(frozen=True)
class Alerts:
    """The alerts of one incident: the ``shown``, what fires before what is over, and counts."""

    shown: list[AlertView]
    count: int
    firing: int
    noise: int
    fires_after_end: bool

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


def alert_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``alerts_in`` finds them in its rows."""
    alerts = Alert.objects.filter(incident=OuterRef("pk"))
    is_over = Case(When(ended_at=None, then=Value(0)), default=Value(1))
    counted = (
        alerts.order_by()
        .values("incident")
        .annotate(
            count=Count("pk"),
            firing=Count("pk", filter=Q(ended_at=None)),
            noise=Count("pk", filter=Q(noise_at__isnull=False)),
            since_end=Count(
                "pk", filter=Q(ended_at=None, started_at__gt=F("incident__resolved_at"))
            ),
        )
    )
    return {
        "alert_rows": ArraySubquery(
            alerts.order_by(is_over, "-started_at", "-pk").values(
                row=JSONObject(
                    id="pk",
                    name="name",
                    summary="summary",
                    url="url",
                    tool="tool",
                    severity="severity",
                    started_at="started_at",
                    ended_at="ended_at",
                    fired="fired",
                    flapping_at="flapping_at",
                    acknowledged_at="acknowledged_at",
                    noise_by="noise_by__name",
                )
            )[:SHOWN]
        ),
        "alert_counts": ArraySubquery(
            counted.values(
                row=JSONObject(count="count", firing="firing", noise="noise", since_end="since_end")
            )
        ),
    }


def alerts_in(incident: Any) -> Alerts:
    """The alerts of an incident that was read with ``alert_columns``."""
    counts = incident.alert_counts[0] if incident.alert_counts else {}
    return Alerts(
        shown=[_view(row) for row in incident.alert_rows],
        count=counts.get("count", 0),
        firing=counts.get("firing", 0),
        noise=counts.get("noise", 0),
        fires_after_end=bool(counts.get("since_end", 0)),
    )


def alerts_of(incident: Incident) -> QuerySet[Alert]:
    """Every alert of an incident with who marked it."""
    return Alert.objects.filter(incident=incident).select_related("noise_by")


def _view(row: dict[str, Any]) -> AlertView:
    row = dict(row)
    flapping, acknowledged = row.pop("flapping_at"), row.pop("acknowledged_at")
    ended = row["ended_at"]
    return AlertView(
        **{
            **row,
            "started_at": datetime.fromisoformat(row["started_at"]),
            "ended_at": datetime.fromisoformat(ended) if ended else None,
            "noise_by": row["noise_by"] or "",
        },
        flaps=flapping is not None,
        is_acknowledged=acknowledged is not None,
    )
