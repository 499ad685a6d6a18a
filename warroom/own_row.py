"""What of a war room comes in the row of its incident, the marks of all other rows among it."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from alerts.queries import alert_columns
from incidents.cadence.soon import soon_columns
from incidents.changes.shown import change_columns
from incidents.deployments.queries import recent_columns
from incidents.endstate.models import Agreement
from incidents.record.blockers import blocker_columns
from incidents.record.models import Incident, Service, SeverityPolicy
from incidents.sharing.queries import link_columns
from incidents.state.attention import attention_columns
from prepared import prepared
from warroom.enforcement import watch_columns
from warroom.kept import mark_columns


@prepared
def whole(incident: int) -> "QuerySet[Incident]":
    """The incident as ``alone`` reads it, with its changes and what asks for attention."""
    return _read(incident).annotate(**attention_columns(), **change_columns())


@prepared
def alone(incident: int) -> "QuerySet[Incident]":
    """The incident with the moment and its watch, its policy's interval, who agreed, its services,
    its blockers, alerts and links, what changed before, and the marks of all other rows."""
    return _read(incident)


def _read(incident: int) -> "QuerySet[Incident]":
    policy = SeverityPolicy.objects.filter(severity=OuterRef("severity"))
    agreed = Agreement.objects.filter(incident=OuterRef("pk")).order_by("person_id")
    services = Service.objects.filter(incidents=OuterRef("pk")).order_by("name")
    return (
        Incident.objects.filter(pk=incident)
        .order_by()
        .annotate(
            **mark_columns(),
            **watch_columns(),
            **blocker_columns(),
            **recent_columns(),
            **alert_columns(),
            **link_columns(),
            **soon_columns(),
            policy_wakes=Subquery(policy.values("wakes_at_night")[:1]),
            agreed_ids=ArraySubquery(agreed.values("person_id")),
            service_rows=ArraySubquery(
                services.values(row=JSONObject(name="name", runbook_url="runbook_url"))
            ),
        )
    )


def policy_in(incident: Any) -> SeverityPolicy | None:
    """What of the policy of its severity the incident carries, or nothing where it has none."""
    if incident.usual_interval_min is None:
        return None
    return SeverityPolicy(
        severity=incident.severity,
        update_interval_min=incident.usual_interval_min,
        wakes_at_night=incident.policy_wakes,
    )
