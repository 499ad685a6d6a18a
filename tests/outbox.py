"""Rows of the outbox for tests: one message with every field given, and whether it may leave."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from notifications import channels, kinds
from notifications.about import Reference
from notifications.models import Delivery
from notifications.outbox import Message, queue_deliveries
from notifications.verdicts import verdict_on


def queue_delivery(
    *, incident_id: int | None = None, incident_ref: str = "", url: str = "", **fields: Any
) -> None:
    """Queue one message; the other arguments are those of ``Message``."""
    about = Reference(incident_id, incident_ref) if incident_id is not None else None
    queue_deliveries([Message(about=about, url=url, **fields)])


def why_stale(delivery: Delivery) -> str | None:
    """Why the message would be dropped if it left now."""
    return verdict_on(delivery).because or None


@contextmanager
def channels_put_back() -> Iterator[None]:
    """What is registered to send inside is forgotten afterwards."""
    with patch.dict(channels._channels):
        yield


def unregister_channel(name: str) -> None:
    """Take a channel away, as if nobody had ever registered it."""
    channels._channels.pop(name)


@contextmanager
def kinds_put_back() -> Iterator[None]:
    """What is registered as a kind inside, or taken away, is as before afterwards."""
    with patch.dict(kinds._kinds):
        yield


def forget_kind(name: str) -> None:
    """Take a kind away, as if its app had never registered it."""
    kinds._kinds.pop(name)
