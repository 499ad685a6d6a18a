"""The lists and settings behind the manager's front page, each with what it is for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: By the name of its model, in the order of the page; what is not named here stands last.
FOR = {
    "User": "who may do what, and who holds what",
    "Service": "owners, whom to call in, what depends on what",
    "ActionItem": "by owner, by service, what is late",
    "Deadline": "what is due, and who hears",
    "SeverityPolicy": "cadence, ladders, rules of each severity",
    "PriorityPolicy": "how long an action item may take",
    "ObligationTemplate": "what the law or a contract asks, and by when",
    "Incident": "every one, to find and to read",
    "Postmortem": "reviews, and how far they are",
    "TimelineEntry": "the record of all incidents, searched at once",
    "ChannelStatus": "whether mail and the inbox work; a test to yourself",
    "Endpoint": "chat rooms and webhooks, each with its test",
    "Delivery": "what left, what waits, what could not be delivered",
    "HookKey": "alerts and deployments in: a key for each tool",
    "KeptBody": "what a tool sent and nobody here understood",
    "AgentToken": "programs that suggest, and who answers for them",
    "ApiToken": "which programs act for whom",
    "Deployment": "what went live, and when",
    "Stop": "who stopped a line, and who resumed it",
    "Escalation": "who asked early, and how long until somebody had it",
    "PausedWork": "what waited for an incident, and what became of it",
    "Pass": "when promises were last enforced",
}
#: The front page, asked for all changes.
HISTORY = "/admin/?changes=1"


@dataclass(frozen=True)
class Tile:
    """One list: its name, what it is for, its address, and where one is added, if one may."""

    name: str
    what: str
    href: str
    add: str


def lists_of(apps: Iterable[Mapping[str, Any]]) -> list[Tile]:
    """A tile for every list in ``apps``, as the admin gathers them, and for what was changed."""
    order = {name: place for place, name in enumerate(FOR)}
    models = [one for app in apps for one in app["models"] if one["admin_url"]]
    models.sort(key=lambda one: order.get(one["object_name"], len(order)))
    return [
        *(
            Tile(
                str(one["name"]),
                FOR.get(one["object_name"], ""),
                one["admin_url"],
                one["add_url"] or "",
            )
            for one in models
        ),
        Tile("history of changes", "who changed what, from what to what", HISTORY, ""),
    ]
