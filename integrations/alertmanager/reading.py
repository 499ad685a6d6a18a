"""Turns Alertmanager's webhook into our words."""

from collections.abc import Mapping
from typing import Any

from alerts.reports import Report
from integrations.groups import read_group
from integrations.models import HookKey


def read(body: Mapping[str, Any], key: HookKey) -> Report:
    """The group that a body of version 4 tells of; refuses (``Invalid``) what is none."""
    return read_group(body, key, tool="alertmanager", version="4")
