"""Reads a group of alerts in the shape that Alertmanager and Grafana share."""

import json
from collections.abc import Mapping
from typing import Any

from alerts.reports import Heard, Report
from integrations.models import HookKey
from integrations.severities import severity_of
from integrations.words import key_of, labels, line, link, mapping, moment
from refusals.errors import Invalid

FIRING, OVER = "firing", "resolved"


def read_group(body: Mapping[str, Any], key: HookKey, *, tool: str, version: str) -> Report:
    """What a body says of its group. Refuses (``Invalid``) another version and a missing key.

    The root is ``firing`` while any alert is, so each alert's own state counts; ``resolved`` says
    that everything is over, also what the tool did not list.
    """
    if str(body.get("version", version)) != version:
        raise Invalid({"version": f"Only version {version} is known here."})
    group = key_of(body, "groupKey")
    listed = body.get("alerts")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Invalid({"alerts": "A list of alerts."})
    root = _state(body.get("status"), "status")
    heard = tuple(_alert(one, root, number) for number, one in enumerate(listed))
    words = [one.severity for one in heard if one.is_firing]
    common = mapping(body.get("commonLabels"))
    left_out = body.get("truncatedAlerts", 0)
    return Report(
        tool=tool,
        key=group,
        title=_title(body, common, heard),
        severity=severity_of(key, words),
        alerts=heard,
        is_over=root == OVER,
        left_out=left_out if isinstance(left_out, int) and left_out > 0 else 0,
    )


def _state(value: object, field: str) -> str:
    if value not in (FIRING, OVER):
        raise Invalid({field: f"One of {FIRING}, {OVER}."})
    return str(value)


def _alert(alert: dict[str, Any], root: str, number: int) -> Heard:
    said = mapping(alert.get("labels"))
    notes = mapping(alert.get("annotations"))
    state = _state(alert.get("status") or root, f"alerts.{number}.status")
    fingerprint = alert.get("fingerprint")
    is_firing = state == FIRING
    return Heard(
        identity=fingerprint
        if isinstance(fingerprint, str) and fingerprint
        # Whoever sends none means the labels by which an alert is told from others.
        else json.dumps(said, sort_keys=True),
        name=line(said.get("alertname")) or "Alert",
        is_firing=is_firing,
        at=moment(alert.get("startsAt" if is_firing else "endsAt")),
        summary=line(notes.get("summary") or notes.get("description"), 500),
        url=link(alert.get("generatorURL")),
        severity=line(said.get("severity"), 40),
        labels=labels(said),
    )


def _title(body: Mapping[str, Any], common: Mapping[str, Any], heard: tuple[Heard, ...]) -> str:
    notes = mapping(body.get("commonAnnotations"))
    said = (notes.get("summary"), common.get("alertname"), body.get("title"))
    first = next((one for one in heard if one.is_firing), None)
    found = next((text for one in said if (text := line(one))), "")
    return found or (first.name if first else "Alert")
