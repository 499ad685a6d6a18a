"""Turns the body of PagerDuty's Events API v2 into our words."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from alerts.reports import Heard, Report
from integrations.models import HookKey
from integrations.single import report_of
from integrations.words import key_of, labels, line, link, mapping, moment
from refusals.errors import Invalid

TRIGGER, ACKNOWLEDGE, RESOLVE = "trigger", "acknowledge", "resolve"
LONGEST_KEY = 255


def read(body: Mapping[str, Any], key: HookKey) -> Report:
    """The alert that an event is about; its group is the ``dedup_key``, made where none is given.

    Refuses (``Invalid``) an unknown action, a trigger without a summary, another action without a
    ``dedup_key``.
    """
    action = body.get("event_action")
    if action not in (TRIGGER, ACKNOWLEDGE, RESOLVE):
        raise Invalid({"event_action": f"One of {TRIGGER}, {ACKNOWLEDGE}, {RESOLVE}."})
    payload = mapping(body.get("payload"))
    title = line(payload.get("summary"))
    if action == TRIGGER and not title:
        raise Invalid({"payload.summary": "This field is required."})
    name = str(uuid4()) if action == TRIGGER and not body.get("dedup_key") else ""
    name = name or key_of(body, "dedup_key")
    if len(name) > LONGEST_KEY:
        raise Invalid({"dedup_key": f"At most {LONGEST_KEY} characters."})
    links = body.get("links")
    first = next(iter(links), None) if isinstance(links, list) else None
    parts = {part: payload.get(part) for part in ("source", "component", "group", "class")}
    alert = Heard(
        identity=name,
        name=title or "Alert",
        is_firing=action != RESOLVE,
        at=moment(payload.get("timestamp")),
        summary=line(payload.get("source"), 500),
        url=link(body.get("client_url")) or link(mapping(first).get("href")),
        severity=line(payload.get("severity"), 40),
        labels=labels({part: said for part, said in parts.items() if said}),
        is_acknowledged=action == ACKNOWLEDGE,
    )
    return report_of(alert, key, tool="events")
