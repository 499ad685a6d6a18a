"""Turns a JSON body of any shape into our words, by the dotted paths of its key."""

from collections.abc import Mapping
from typing import Any

from alerts.reports import Heard, Report
from integrations.models import HookKey
from integrations.single import report_of
from integrations.words import line, link, moment
from pages.numbers import whole
from refusals.errors import Invalid

#: Where a word stands when the key does not say: the first of these that says something.
USUAL = {
    "group": ("group", "dedup_key", "fingerprint", "key", "id"),
    "title": ("title", "name", "summary", "message"),
    "state": ("state", "status"),
    "severity": ("severity", "priority", "level"),
    "summary": ("summary", "description", "message"),
    "url": ("url", "link"),
    "at": ("at", "timestamp", "time"),
}
OVER = frozenset({"ok", "resolved", "resolve", "closed", "normal", "up", "recovered", "inactive"})
FIRES = frozenset(
    {"firing", "alerting", "alert", "trigger", "triggered", "open", "problem", "down", "active"}
)


def read(body: Mapping[str, Any], key: HookKey) -> Report:
    """The alert that a body tells of; refuses (``Invalid``) one without group, title or state.

    Without any state it fires.
    """
    said = {part: _find(body, key, part) for part in USUAL}
    group = said["group"]
    if isinstance(group, bool) or not isinstance(group, str | int) or group == "":
        raise Invalid({_where(key, "group"): "This field is required: what tells it apart."})
    title = line(said["title"])
    if not title:
        raise Invalid({_where(key, "title"): "This field is required: what happened."})
    alert = Heard(
        identity=str(group),
        name=title,
        is_firing=_fires(said["state"], key),
        at=moment(said["at"]),
        summary=line(said["summary"], 500),
        url=link(said["url"]),
        severity=line(said["severity"], 40),
    )
    return report_of(alert, key, tool="generic")


def _fires(state: object, key: HookKey) -> bool:
    if state is None:
        return True
    if isinstance(state, bool):
        return state
    word = line(state, 40).casefold()
    if word not in OVER | FIRES:
        known = ", ".join(sorted(OVER | FIRES))
        raise Invalid({_where(key, "state"): f"One of {known}."})
    return word in FIRES


def _find(body: Mapping[str, Any], key: HookKey, part: str) -> object:
    paths = (key.paths[part],) if part in key.paths else USUAL[part]
    return next((said for path in paths if (said := at_path(body, path)) is not None), None)


def at_path(body: object, path: str) -> object:
    """What stands at a dotted path: names of fields, and numbers of places in a list."""
    for name in path.split("."):
        match body:
            case dict():
                body = body.get(name)
            case list() if (place := whole(name)) is not None and place < len(body):
                body = body[place]
            case _:
                return None
    return body


def _where(key: HookKey, part: str) -> str:
    return str(key.paths.get(part, part))
