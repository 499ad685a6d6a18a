"""Turns GitLab's deployment webhooks into our words, and says whether one has its token."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from clock.moments import in_range
from integrations.deployed import Deployed
from integrations.models import HookKey
from integrations.signing import is_token, secrets_of
from integrations.words import line, link, mapping, moment
from refusals.errors import Invalid

HEADER = "X-Gitlab-Token"


def may_pass(headers: Mapping[str, str], body: bytes, key: HookKey, said: str) -> bool:
    """Whether the token is the key's; GitLab signs nothing."""
    secrets, has_to_be = secrets_of(key, said)
    header = headers.get(HEADER)
    if header is None:
        return not has_to_be
    return is_token(header, secrets)


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Deployed | None:
    """The deployment that succeeded; nothing for any other event and any other state."""
    kind = body.get("object_kind")
    if not isinstance(kind, str):
        raise Invalid({"object_kind": "This field is required."})
    if kind != "deployment" or body.get("status") != "success":
        return None
    version = line(body.get("short_sha"), 120) or line(body.get("ref"), 120)
    if not version:
        raise Invalid({"short_sha": "This field is required."})
    person = mapping(body.get("user"))
    addresses = (body.get(name) for name in ("environment_external_url", "deployable_url"))
    return Deployed(
        version=version,
        at=_moment(body.get("status_changed_at")),
        url=next((found for one in addresses if (found := link(one))), ""),
        by=line(person.get("username") or person.get("name"), 120),
        environment=line(body.get("environment"), 60),
    )


def _moment(value: object) -> datetime | None:
    """GitLab writes ``2026-03-12 02:40:00 +0100``."""
    try:
        return in_range(datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S %z"))
    except ValueError:
        return moment(value)
