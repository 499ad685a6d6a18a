"""Turns GitHub's deployment webhooks into our words, and says whether one is signed."""

from collections.abc import Mapping
from typing import Any

from integrations.deployed import Deployed
from integrations.models import HookKey
from integrations.signing import is_signed, secrets_of
from integrations.words import line, link, mapping, moment
from refusals.errors import Invalid

HEADER = "X-Hub-Signature-256"
EVENT = "X-GitHub-Event"


def may_pass(headers: Mapping[str, str], body: bytes, key: HookKey, said: str) -> bool:
    """Whether the body is signed as the key asks."""
    secrets, has_to_be = secrets_of(key, said)
    header = headers.get(HEADER)
    if header is None:
        return not has_to_be
    return is_signed(body, [header.removeprefix("sha256=")], secrets)


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Deployed | None:
    """The deployment that succeeded; nothing for any other event and any other state."""
    event = headers.get(EVENT)
    if event is not None and event != "deployment_status":
        return None
    status, deployment = mapping(body.get("deployment_status")), mapping(body.get("deployment"))
    if not status or not deployment:
        raise Invalid({"deployment_status": "This field is required."})
    if status.get("state") != "success":
        return None
    version = line(deployment.get("sha"))[:12] or line(deployment.get("ref"), 120)
    if not version:
        raise Invalid({"deployment.sha": "This field is required."})
    addresses = (status.get(name) for name in ("environment_url", "log_url", "target_url"))
    return Deployed(
        version=version,
        at=moment(status.get("updated_at") or status.get("created_at")),
        url=next((found for one in addresses if (found := link(one))), ""),
        by=line(mapping(deployment.get("creator")).get("login"), 120),
        environment=line(status.get("environment") or deployment.get("environment"), 60),
    )
