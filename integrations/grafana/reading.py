"""Turns Grafana's webhooks into our words, and says whether one is signed."""

from collections.abc import Mapping
from typing import Any

from alerts.reports import Heard, Report
from integrations.groups import read_group
from integrations.models import HookKey
from integrations.signing import is_signed, secrets_of
from integrations.single import report_of
from integrations.words import key_of, labels, line, link
from refusals.errors import Invalid

HEADER = "X-Grafana-Alerting-Signature"
FIRES = ("alerting", "no_data")
OVER = ("ok",)
NEITHER = ("pending", "paused", "unknown")


def may_pass(headers: Mapping[str, str], body: bytes, key: HookKey, said: str) -> bool:
    """Whether the body is signed as the key asks: alone, without a time before it."""
    secrets, has_to_be = secrets_of(key, said)
    header = headers.get(HEADER)
    if header is None:
        return not has_to_be
    return is_signed(body, [header], secrets)


def read(body: Mapping[str, Any], key: HookKey) -> Report | None:
    """The group a body tells of, nothing where it tells of none; refuses (``Invalid``) others."""
    if "alerts" not in body and "state" in body and "ruleName" in body:
        return _before_version_8(body, key)
    return read_group(body, key, tool="grafana", version="1")


def _before_version_8(body: Mapping[str, Any], key: HookKey) -> Report | None:
    """A rule of the older alerting: its ``state`` says what its one alert does."""
    state = body.get("state")
    if state in NEITHER:
        return None
    if state not in (*FIRES, *OVER):
        raise Invalid({"state": f"One of {', '.join((*FIRES, *OVER, *NEITHER))}."})
    rule = key_of(body, "ruleId" if body.get("ruleId") else "ruleName")
    tags = labels(body.get("tags"))
    alert = Heard(
        identity=f"rule {rule}",
        name=line(body.get("ruleName")) or "Alert",
        is_firing=state in FIRES,
        summary=line(body.get("message"), 500),
        url=link(body.get("ruleUrl")),
        severity=line(tags.get("severity"), 40),
        labels=tags,
    )
    return report_of(alert, key, tool="grafana")
