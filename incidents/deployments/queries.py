"""What changed just before an incident: the deployments of its services and of what they need.

They stand on the time axis of its first signal, from two hours before the impact on (P17).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import JSONField, QuerySet
from django.db.models.expressions import RawSQL

from incidents.record.models import Incident, Service
from pages.sparklines import draw
from prepared import prepared

#: For each incident: the moments of the axis, which begins two hours before the impact; the newest
#: forty deployments of everything its services need, directly or not; and the last value of its
#: first signal in each hundredth of the axis.
STRIP = """(
  WITH RECURSIVE reached (id) AS (
    SELECT service_id FROM incidents_incident_services WHERE incident_id = incidents_incident.id
    UNION
    SELECT edge.to_service_id
    FROM incidents_service_depends_on AS edge JOIN reached ON edge.from_service_id = reached.id
  ), axis AS (
    SELECT impact_at, impact_at - interval '2 hours' AS since,
      greatest(until, impact_at + interval '1 minute') AS until
    FROM (SELECT
      coalesce(
        incidents_incident.impact_started_at,
        incidents_incident.detected_at,
        incidents_incident.declared_at
      ) AS impact_at,
      coalesce(
        incidents_incident.resolved_at,
        incidents_incident.ended_at,
        date_trunc('minute', endstate_now()) + interval '1 minute'
      ) AS until
    ) AS moments
  ), newest AS (
    SELECT deployment.*, service.name AS service, suspect.hypothesis_id AS hypothesis
    FROM axis, incidents_deployment AS deployment
    JOIN reached ON reached.id = deployment.service_id
    JOIN incidents_service AS service ON service.id = deployment.service_id
    LEFT JOIN incidents_suspect AS suspect
      ON suspect.deployment_id = deployment.id AND suspect.incident_id = incidents_incident.id
    WHERE deployment.at BETWEEN axis.since AND axis.until
    ORDER BY deployment.at DESC, deployment.id DESC LIMIT 40
  ), measured AS (
    SELECT signal.* FROM incidents_signal AS signal
    WHERE signal.incident_id = incidents_incident.id AND signal.removed_at IS NULL
    ORDER BY signal.required DESC, signal.id LIMIT 1
  )
  SELECT jsonb_build_object(
    'since', since, 'impact_at', impact_at, 'until', until,
    'deployments', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', id, 'service', service, 'version', version, 'at', at, 'url', url, 'by', by,
        'environment', environment, 'hypothesis', hypothesis
      ) ORDER BY at DESC, id DESC), '[]'::jsonb) FROM newest
    ),
    'signal', (
      SELECT jsonb_build_object(
        'name', name, 'target', target,
        'gap', 100 * stale_after_s / extract(epoch FROM until - since),
        'points', (
          SELECT coalesce(jsonb_agg(jsonb_build_array(bucket.number, sample.value)
            ORDER BY bucket.number), '[]'::jsonb)
          FROM generate_series(0, 99) AS bucket (number)
          CROSS JOIN LATERAL (
            SELECT value FROM incidents_sample
            WHERE signal_id = measured.id
              AND at >= since + bucket.number * (until - since) / 100
              AND at < since + (bucket.number + 1) * (until - since) / 100
            ORDER BY at DESC LIMIT 1
          ) AS sample
        )
      ) FROM measured
    )
  ) FROM axis
)"""

#: The open incidents whose services need a service, directly or not, that one included.
REACHED = """(
  WITH RECURSIVE needing (id) AS (
    SELECT %s::bigint
    UNION
    SELECT edge.from_service_id
    FROM incidents_service_depends_on AS edge JOIN needing ON edge.to_service_id = needing.id
  ) SELECT id FROM needing
)"""


@dataclass(frozen=True)
class Recent:
    """One deployment beside an incident; ``before_s`` counts back from the impact, less is after.

    ``hypothesis`` is the id of what somebody thinks who took it for the cause; ``x`` is its place
    on the axis, 0 to 100.
    """

    id: int
    service: str
    version: str
    at: datetime
    url: str
    by: str
    environment: str
    hypothesis: int | None
    before_s: int
    x: float

    @property
    def is_before(self) -> bool:
        """Whether it went live before the impact."""
        return self.before_s >= 0


@dataclass(frozen=True)
class RecentChanges:
    """The strip: its axis, the deployments on it, the newest first, and the line of a signal.

    ``line`` is a path in a box of 100 × 22 and ``target_line`` the height of the target in it;
    both are nothing without a signal or a sample.
    """

    since: datetime
    impact_at: datetime
    until: datetime
    impact_x: float
    deployments: list[Recent]
    signal: str
    line: str
    target_line: float | None


def recent_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``recent_in`` finds it in its rows."""
    return {"recent_changes": RawSQL(STRIP, [], output_field=JSONField())}  # noqa: S611 - ours


def recent_in(incident: Any) -> RecentChanges:
    """The strip of an incident that was read with ``recent_columns``."""
    found: dict[str, Any] = incident.recent_changes
    since, impact_at, until = (
        datetime.fromisoformat(found[name]) for name in ("since", "impact_at", "until")
    )
    length = until - since

    def place(at: datetime) -> float:
        return round((at - since) / length * 100, 1)

    signal = found["signal"] or {"name": "", "points": []}
    line, target_line = "", None
    if signal["points"]:
        gap = max(signal["gap"], 2)
        line, target_line = draw(signal["points"], signal["target"], gap, over=(-0.5, 100))
    return RecentChanges(
        since=since,
        impact_at=impact_at,
        until=until,
        impact_x=place(impact_at),
        deployments=[
            Recent(
                **{**row, "at": at},
                before_s=round((impact_at - at).total_seconds()),
                x=place(at),
            )
            for row in found["deployments"]
            for at in [datetime.fromisoformat(row["at"])]
        ],
        signal=signal["name"],
        line=line,
        target_line=target_line,
    )


def recent_changes(incident: Incident) -> RecentChanges:
    """The same for an incident at hand. One query."""
    return recent_in(_with_recent.first(incident.pk))


def incidents_reached_by(service: Service) -> QuerySet[Incident]:
    """The open incidents whose services need ``service``, directly or not."""
    needing = RawSQL(REACHED, [service.pk])  # noqa: S611 - ours
    return Incident.objects.open().filter(services__in=needing).distinct()


@prepared
def _with_recent(incident: int) -> "QuerySet[Incident]":
    return Incident.objects.filter(pk=incident).order_by().annotate(**recent_columns())
