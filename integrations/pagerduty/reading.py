"""Turns PagerDuty's webhooks into our words, and says whether one is signed."""

from collections.abc import Mapping
from typing import Any

from alerts.reports import Heard, Report
from integrations.models import HookKey
from integrations.signing import is_signed, secrets_of
from integrations.single import report_of
from integrations.words import key_of, line, link, mapping, moment
from refusals.errors import Invalid

HEADER = "X-PagerDuty-Signature"
FIRES = ("incident.triggered", "incident.reopened", "incident.unacknowledged")
ACKNOWLEDGED = ("incident.acknowledged",)
OVER = ("incident.resolved",)


def may_pass(headers: Mapping[str, str], body: bytes, key: HookKey, said: str) -> bool:
    """Whether the body is signed as the key asks: one of the ``v1=`` of a list is ours."""
    secrets, has_to_be = secrets_of(key, said)
    header = headers.get(HEADER)
    if header is None:
        return not has_to_be
    listed = [one.strip() for one in header.split(",")]
    signatures = [one.removeprefix("v1=") for one in listed if one.startswith("v1=")]
    return is_signed(body, signatures, secrets)


def read(body: Mapping[str, Any], key: HookKey) -> Report | None:
    """What an event says of an incident there; nothing for events about anything else."""
    event = body.get("event")
    if not isinstance(event, dict):
        raise Invalid({"event": "An event of webhooks version 3."})
    kind = event.get("event_type")
    if not isinstance(kind, str) or not kind:
        raise Invalid({"event.event_type": "This field is required."})
    if kind not in (*FIRES, *ACKNOWLEDGED, *OVER):
        return None
    data = mapping(event.get("data"))
    if not data.get("id"):
        raise Invalid({"event.data.id": "This field is required."})
    word = line(mapping(data.get("priority")).get("summary") or data.get("urgency"), 40)
    alert = Heard(
        identity=key_of(data, "id"),
        name=line(data.get("title")) or "Incident in PagerDuty",
        is_firing=kind not in OVER,
        at=moment(event.get("occurred_at")),
        url=link(data.get("html_url")),
        severity=word,
        is_acknowledged=kind in ACKNOWLEDGED,
    )
    return report_of(alert, key, tool="pagerduty")
