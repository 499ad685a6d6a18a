"""What tools post, as their documentation and their source show it."""

from collections.abc import Callable
from typing import Any

AT = "2026-03-12T02:47:00.123456789Z"


def alertmanager(status: str = "firing", **more: Any) -> dict[str, Any]:
    """A webhook of Alertmanager, version 4, with one alert."""
    alert = {
        "status": status,
        "labels": {"alertname": "HighErrors", "severity": "critical", "instance": "shop-1"},
        "annotations": {"summary": "Three of four calls fail"},
        "startsAt": AT,
        "endsAt": "2026-03-12T02:59:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        "fingerprint": "c0ffee0123456789",
    }
    return {
        "version": "4",
        "groupKey": '{}:{alertname="HighErrors"}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "endstate",
        "groupLabels": {"alertname": "HighErrors"},
        "commonLabels": {"alertname": "HighErrors", "severity": "critical"},
        "commonAnnotations": {"summary": "Three of four calls fail"},
        "externalURL": "http://alertmanager.example",
        "alerts": [alert],
        **more,
    }


def grafana(status: str = "firing", **more: Any) -> dict[str, Any]:
    """A webhook of Grafana's alerting."""
    return {
        **alertmanager(status),
        "version": "1",
        "groupKey": "{}/{}:{alertname='HighErrors'}",
        "orgId": 1,
        "title": "[FIRING:1] HighErrors",
        "state": "alerting",
        "message": "**Firing**",
        **more,
    }


def old_grafana(state: str = "alerting", **more: Any) -> dict[str, Any]:
    """A webhook of Grafana before version 8."""
    return {
        "dashboardId": 1,
        "evalMatches": [{"value": 74, "metric": "errors", "tags": {}}],
        "message": "Errors are high",
        "orgId": 0,
        "ruleId": 7,
        "ruleName": "Error rate",
        "ruleUrl": "http://grafana.example/d/1",
        "state": state,
        "tags": {"severity": "warning"},
        "title": "[Alerting] Error rate",
        **more,
    }


def pagerduty(kind: str = "incident.triggered", at: str = AT, **more: Any) -> dict[str, Any]:
    """A webhook of PagerDuty, version 3."""
    data = {
        "id": "PGR0VU2",
        "type": "incident",
        "html_url": "https://acme.pagerduty.example/incidents/PGR0VU2",
        "number": 2,
        "status": "triggered",
        "title": "A little bump in the road",
        "urgency": "high",
        "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
        **more,
    }
    return {
        "event": {
            "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
            "event_type": kind,
            "resource_type": "incident",
            "occurred_at": at,
            "agent": None,
            "client": {"name": "PagerDuty"},
            "data": data,
        }
    }


def event(action: str = "trigger", **more: Any) -> dict[str, Any]:
    """An event in the shape of PagerDuty's Events API v2."""
    return {
        "routing_key": "samplekeyhere",
        "event_action": action,
        "dedup_key": "shop/errors",
        "client": "Sample Monitoring Service",
        "client_url": "https://monitoring.example",
        "payload": {
            "summary": "DISK at 99 % on shop-1",
            "source": "shop-1",
            "severity": "error",
            "component": "postgres",
        },
        **more,
    }


def generic(state: str = "problem", **more: Any) -> dict[str, Any]:
    """What some script posts."""
    return {"group": "shop", "title": "Shop is slow", "state": state, **more}


def github(state: str = "success") -> dict[str, Any]:
    """GitHub's event about the state of a deployment."""
    return {
        "action": "created",
        "deployment_status": {
            "state": state,
            "environment": "production",
            "environment_url": "https://shop.example",
            "log_url": "https://github.example/acme/shop/actions/runs/1",
            "updated_at": "2026-03-12T02:30:00Z",
        },
        "deployment": {
            "sha": "a84d88e7554fc1fa21bcbc4efae3c782a70d2b9d",
            "ref": "main",
            "environment": "production",
            "creator": {"login": "octo"},
        },
        "repository": {"full_name": "acme/shop"},
    }


def gitlab(status: str = "success") -> dict[str, Any]:
    """GitLab's event about a deployment."""
    return {
        "object_kind": "deployment",
        "status": status,
        "status_changed_at": "2026-03-12 03:30:00 +0100",
        "deployment_id": 15,
        "deployable_url": "http://gitlab.example/acme/shop/-/jobs/796",
        "environment": "production",
        "environment_external_url": "https://shop.example",
        "project": {"name": "shop"},
        "short_sha": "279484c0",
        "user": {"name": "Ada", "username": "ada"},
        "ref": "main",
    }


BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "alertmanager": alertmanager,
    "grafana": grafana,
    "pagerduty": pagerduty,
    "events": event,
    "generic": generic,
}
OVER = {
    "alertmanager": alertmanager("resolved"),
    "grafana": grafana("resolved"),
    "pagerduty": pagerduty("incident.resolved", at="2026-03-12T02:59:00Z"),
    "events": event("resolve"),
    "generic": generic("ok"),
}
