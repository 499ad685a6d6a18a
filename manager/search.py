"""Finding a person, service, action item, incident or setting from the manager's front page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from incidents.record.models import Incident, Service
from incidents.record.searching import about
from manager.lists import Tile
from people.models import User
from postmortems.items.models import ActionItem

MOST = 6


@dataclass(frozen=True)
class Found:
    """One thing that was meant: its name, what it is, and its page."""

    name: str
    what: str
    href: str


def find(words: str, tiles: Iterable[Tile]) -> list[Found]:
    """What ``words`` mean, at most six of a kind; however they are written. Four queries."""
    if not words:
        return []
    settings = [
        Found(one.name, one.what, one.href)
        for one in tiles
        if words.casefold() in f"{one.name} {one.what}".casefold()
    ]
    people = User.objects.filter(Q(name__says=words) | Q(email__says=words)).order_by("name")
    services = Service.objects.filter(Q(name__says=words) | Q(description__says=words))
    items = ActionItem.objects.filter(title__says=words).select_related("owner")
    incidents = Incident.objects.filter(about(words)).order_by("-declared_at")
    return [
        *(
            Found(one.name, f"{one.get_role_display()} · {one.email}", _page("people_user", one))
            for one in people[:MOST]
        ),
        *(
            Found(one.name, "service", _page("incidents_service", one))
            for one in services.order_by("name")[:MOST]
        ),
        *(
            Found(one.title, f"action item · {one.owner}", _page("postmortems_actionitem", one))
            for one in items.order_by("-due_at")[:MOST]
        ),
        *(
            Found(f"{one.ref} {one.called}", "incident", one.get_absolute_url())
            for one in incidents[:MOST]
        ),
        *settings[:MOST],
    ]


def _page(model: str, one: Any) -> str:
    return reverse(f"admin:{model}_change", args=[one.pk])
