"""The registry of panels on the start page; upper apps fill it from ``apps.ready()``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

SOON = timedelta(days=7)
"""What is due within it stands among what a person owes; a panel shows what comes later."""


@dataclass(frozen=True)
class Panel:
    """One panel of the start page: ``template`` is rendered with what ``load(user)`` answers.

    ``load`` costs a fixed number of queries. One that ``is_first`` stands above everything.
    """

    name: str
    template: str
    load: Callable[[Any], Mapping[str, Any]]
    is_first: bool = False


_panels: dict[str, Panel] = {}


def register_panel(panel: Panel) -> None:
    """Put a panel on the start page, after those there are; the same name replaces."""
    _panels[panel.name] = panel


def panels() -> list[Panel]:
    """Everything registered, in order."""
    return list(_panels.values())
