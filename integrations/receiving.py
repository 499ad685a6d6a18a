"""Takes in what a tool posts: by which key, whether it is signed, what it says, what is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.actions import take_alerts
from alerts.reports import Report
from api.rendering import UnreadableText, read_json
from clock.queries import now
from incidents.deployments.actions import report_deployment
from incidents.record.models import Incident
from integrations.alertmanager import reading as alertmanager
from integrations.deployed import Deployed
from integrations.events import reading as events
from integrations.generic import reading as generic
from integrations.github import reading as github
from integrations.gitlab import reading as gitlab
from integrations.grafana import reading as grafana
from integrations.keys import find_key
from integrations.models import HookKey, KeptBody
from integrations.pagerduty import reading as pagerduty
from refusals.errors import Invalid, NotVisible

LARGEST = 512 * 1024
KEPT_A_KEY = 100
"""Bodies that one key is kept of: the newest."""

Signed = Callable[[Mapping[str, str], bytes, HookKey, str], bool]

ALERTS: dict[str, Callable[[Mapping[str, Any], HookKey], Report | None]] = {
    "alertmanager": alertmanager.read,
    "grafana": grafana.read,
    "pagerduty": pagerduty.read,
    "events": events.read,
    "generic": generic.read,
}
DEPLOYMENTS: dict[str, Callable[[Mapping[str, Any], Mapping[str, str]], Deployed | None]] = {
    "github": github.read,
    "gitlab": gitlab.read,
}
SIGNED: dict[str, Signed] = {
    "grafana": grafana.may_pass,
    "pagerduty": pagerduty.may_pass,
    "github": github.may_pass,
    "gitlab": gitlab.may_pass,
}


class TooLarge(Exception):
    """More than a hook takes."""


class NotSigned(Exception):
    """The signature is missing or not by a secret of the key."""


class Malformed(Exception):
    """Not one JSON document."""


@dataclass(frozen=True)
class Taken:
    """What became of a body: the group's key, and the incident, where it is about one."""

    group: str = ""
    incident: Incident | None = None
    is_about_something: bool = False


def receive(tool: str, said: str, headers: Mapping[str, str], body: bytes) -> Taken:
    """Take in one body that ``tool`` posted with the key ``said``; committed when this answers.

    Raises ``NotVisible`` for an unknown tool or key, ``TooLarge``, ``NotSigned``, and, with the
    body kept to be looked at, ``Malformed`` or ``Invalid``.
    """
    if tool not in ALERTS and tool not in DEPLOYMENTS:
        raise NotVisible
    key = find_key(said)
    if len(body) > LARGEST:
        raise TooLarge
    if tool in SIGNED and not SIGNED[tool](headers, body, key, said):
        raise NotSigned
    try:
        document = _read(body)
        if tool in DEPLOYMENTS:
            return _deployed(key, DEPLOYMENTS[tool](document, headers))
        return _alerts(key, ALERTS[tool](document, key))
    except (Invalid, Malformed) as error:
        _keep(key, tool, body, error)
        raise


def _read(body: bytes) -> dict[str, Any]:
    try:
        document = read_json(body)
    except UnreadableText as error:
        raise Invalid({"body": str(error)}) from error
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not one JSON document in UTF-8.") from error
    if not isinstance(document, dict):
        raise Invalid({"body": "One JSON object."})
    return document


def _alerts(key: HookKey, report: Report | None) -> Taken:
    if report is None:
        return Taken()
    incident = take_alerts(key.service, report, source=key.source)
    return Taken(group=report.key, incident=incident, is_about_something=True)


def _deployed(key: HookKey, deployed: Deployed | None) -> Taken:
    if deployed is None:
        return Taken()
    report_deployment(
        by=None,
        service=key.service,
        version=deployed.version,
        at=deployed.at,
        url=deployed.url,
        deployed_by=deployed.by,
        environment=deployed.environment,
    )
    return Taken(is_about_something=True)


def _keep(key: HookKey, tool: str, body: bytes, error: Invalid | Malformed) -> None:
    """Keep what could not be read, with the reason, the newest of a key only."""
    said = error.errors.items() if isinstance(error, Invalid) else [("body", str(error))]
    why = "; ".join(f"{field}: {message}" for field, message in said)
    KeptBody.objects.create(key=key, tool=tool, at=now(), why=why[:500], body=body)
    newest = KeptBody.objects.filter(key=key).order_by("-pk").values("pk")[:KEPT_A_KEY]
    KeptBody.objects.filter(key=key).exclude(pk__in=newest).delete()
