"""Chats: their incoming webhooks, each in its own words, and the long tail by apprise."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from notifications.channels import Send, discord, long_tail, mattermost, slack, teams
from notifications.channels.letters import MOST_TOGETHER
from notifications.channels.posting import address_of, endpoint_of, hand_over
from notifications.channels.status import noting
from notifications.kinds import kind_named
from notifications.links import absolute
from notifications.models import Delivery, EndpointKind

_BODIES: dict[str, Callable[[str, str], dict[str, Any]]] = {
    EndpointKind.SLACK: slack.body,
    EndpointKind.MATTERMOST: mattermost.body,
    EndpointKind.DISCORD: discord.body,
    EndpointKind.TEAMS: teams.body,
}


@contextmanager
def session() -> Iterator[Send]:
    """Nothing to open: each message is a request of its own."""
    yield _send


def _send(deliveries: Sequence[Delivery]) -> None:
    endpoint = endpoint_of(deliveries)
    with noting(endpoint):
        text, url = _text(deliveries), _link(deliveries)
        if endpoint.kind == EndpointKind.APPRISE:
            long_tail.hand_over(address_of(endpoint), text, url)
            return
        body = json.dumps(_BODIES[endpoint.kind](text, url), ensure_ascii=False).encode()
        hand_over(address_of(endpoint), body, {})


def _text(deliveries: Sequence[Delivery]) -> str:
    if len(deliveries) == 1:
        return deliveries[0].text or deliveries[0].subject_line
    headline = kind_named(deliveries[0].kind).together.format(count=len(deliveries))
    lines = [row.subject_line for row in deliveries[-MOST_TOGETHER:]]
    more = len(deliveries) - len(lines)
    rest = [f"… and {more} more before these, on the pages."] if more else []
    return "\n\n".join([headline, *lines, *rest])


def _link(deliveries: Sequence[Delivery]) -> str:
    urls = {row.url for row in deliveries}
    return absolute(urls.pop()) if len(urls) == 1 else absolute("/")
