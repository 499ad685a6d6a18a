"""Tells many without anybody waiting: one row says what happened, the outbox makes the rest.

Whoever acts leaves one row in their transaction. A sender takes it like any other delivery and
writes, in one transaction, a row for everybody who is to have it; whom and in which words the
kind says then. A row is written once whatever happens, by its key.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from notifications.about import About
from notifications.channels import Send, Setup
from notifications.kinds import MessageKind, kind_named
from notifications.models import Channel, Delivery, Endpoint, key_for
from notifications.outbox import Message, queue_deliveries
from people.models import User

PORTION = 500


@dataclass(frozen=True)
class Copy:
    """What one recipient gets, over one channel: a person, an address or a channel outside.

    ``due_at`` and ``digest`` as in ``Message``; ``context`` is what the kind has to remember.
    """

    channel: str
    subject_line: str
    text: str
    person: User | None = None
    address: str = ""
    endpoint: Endpoint | None = None
    url: str = ""
    due_at: datetime | None = None
    digest: str = ""
    context: dict[str, Any] = field(default_factory=dict)


class ToMany(MessageKind, ABC):
    """A kind that reaches whoever asked for it; registered like every other."""

    @abstractmethod
    def copies(self, left: Delivery) -> tuple[About | None, list[Copy]]:
        """What it is about, and what everybody gets, asked when the row is taken. Must not write.

        Twice asked it may name other people: what was written once stays.
        """


def leave_word(
    about: About | None,
    kind: str,
    line: str,
    *,
    key: str,
    step: str,
    at: datetime | None = None,
    **context: Any,
) -> None:
    """Leave one row in the caller's transaction that tells everybody who is to hear of it.

    ``kind`` is a registered ``ToMany``; ``line`` says for managers what it is; the same ``key`` is
    left once. ``at`` is the present moment where the caller knows it. One query, or two.
    """
    queue_deliveries(
        [
            Message(
                key=key,
                kind=kind,
                step=step,
                about=about,
                address="everybody who asked for it",
                channels=(Channel.FAN_OUT,),
                subject_line=line,
                text="",
                context=context,
            )
        ],
        at=at,
    )


@contextmanager
def session() -> Iterator[Send]:
    """Nothing to open: the rows are ours."""
    yield _send


def describe() -> Setup:
    """There is nothing to set up."""
    return Setup(True, "Part of the product: makes a message of its own for everybody.")


def _send(deliveries: Sequence[Delivery]) -> None:
    for left in deliveries:
        kind = kind_named(left.kind)
        assert isinstance(kind, ToMany)
        about, copies = kind.copies(left)
        messages = [_message(left, about, copy) for copy in copies]
        with transaction.atomic():
            for start in range(0, len(messages), PORTION):
                queue_deliveries(messages[start : start + PORTION])


def _message(left: Delivery, about: About | None, copy: Copy) -> Message:
    stem = left.key.removesuffix(f"/{Channel.FAN_OUT}")
    if copy.person is not None:
        key, address = key_for(stem, copy.person), ""
    else:
        address = copy.endpoint.address if copy.endpoint is not None else copy.address
        key = f"{stem}/{address.lower()}"
    to = {"to": copy.endpoint.name} if copy.endpoint is not None else {}
    return Message(
        key=key,
        kind=left.kind,
        step=left.step,
        about=about,
        person=copy.person,
        address=address,
        channels=(copy.channel,),
        subject_line=copy.subject_line,
        text=copy.text,
        url=copy.url,
        due_at=copy.due_at,
        digest=copy.digest,
        context={**copy.context, **to},
    )
