"""Rows of the outbox, many in one statement: for ``tell`` and for the sweep, and nobody else."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from clock.queries import now
from live.bell import ring_task
from notifications.about import About
from notifications.channels import target_of
from notifications.kinds import kind_named
from notifications.models import Channel, Delivery, State
from notifications.verdicts import TELL, Verdict, verdict
from people.models import User

GATHER = timedelta(seconds=5)
"""How long messages of one digest wait for each other."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Message:
    """What is to be said to one recipient; becomes one ``Delivery`` row per channel.

    ``key`` says what for, without the channel, and counts once for ever. A ``person`` gets it in
    the product always and by mail as they prefer; an ``address`` needs its one channel in
    ``channels``. ``source`` names the obligation (``deadline:17``) for ``cancel_deliveries``.
    ``about`` is what the verdict is asked of, and whose page ``url`` is unless given. ``due_at``
    (default: now) is when it may leave, ``expires_at`` when it is no longer worth it. Messages to
    one person with the same ``digest`` that wait together leave as one.
    """

    key: str
    kind: str
    subject_line: str
    text: str
    person: User | None = None
    address: str = ""
    channels: tuple[str, ...] | None = None
    step: str = ""
    source: str = ""
    digest: str = ""
    about: About | None = None
    html: str = ""
    url: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    expires_at: datetime | None = None

    def by_channels(self) -> tuple[str, ...]:
        """The channels this message takes."""
        if self.channels is not None:
            return self.channels
        if self.person is None:
            raise ValueError("a message to an address names its channel")
        by_email = self.person.is_active and self.person.by_email
        return (Channel.IN_APP, Channel.EMAIL) if by_email else (Channel.IN_APP,)


def queue_deliveries(
    messages: Sequence[Message], *, at: datetime | None = None, rings: bool = True
) -> None:
    """Queue many messages in the caller's transaction, in one statement.

    Each person's verdict is asked: what it holds waits, what it drops is written as cancelled,
    with the reason. ``at`` spares the query for the present moment. What is addressed inside the
    product and due is there at once; the rest is sent after commit, whether or not the bell that
    asks for it arrives; whoever writes many rows in many transactions rings once by itself
    (``rings=False``).
    A key that exists already is left as it is. Raises ``LookupError`` for a kind nobody registered.
    """
    if not messages:
        return
    for kind in {message.kind for message in messages}:
        kind_named(kind)
    moment = at or now()
    rows = [
        _row(message, channel, moment, ruled)
        for message, ruled in _judged(messages)
        for channel in message.by_channels()
    ]
    # Two transactions that write the same keys in another order would wait for each other.
    rows.sort(key=lambda row: row.key)
    _insert(rows)
    if rings:
        for channel in {row.channel for row in rows if row.state == State.PENDING}:
            ring_task("notifications.tasks.send_due", channel)


def _judged(messages: Sequence[Message]) -> Iterator[tuple[Message, Verdict]]:
    """Each message with its verdict, which is asked once for all that are about the same."""
    by_about: dict[object, list[Message]] = {}
    for message in messages:
        about = message.about
        by_about.setdefault((about.ref, about.pk) if about else None, []).append(message)
    for together in by_about.values():
        people = {one.person.pk: one.person for one in together if one.person is not None}
        ruled = verdict(list(people.values()), together[0].about)
        for message in together:
            yield message, ruled[message.person.pk] if message.person is not None else TELL


def _row(message: Message, channel: str, moment: datetime, ruled: Verdict) -> Delivery:
    about, url = message.about, message.url
    if url is None:
        url = about.get_absolute_url() if about is not None else ""
    due_at = max(message.due_at or moment, ruled.until or moment)
    leaves_at = due_at + GATHER if message.digest else due_at
    is_there = channel == Channel.IN_APP and due_at <= moment and not ruled.because
    state = State.SENT if is_there else State.CANCELLED if ruled.because else State.PENDING
    is_settled = state != State.PENDING
    return Delivery(
        key=f"{message.key}/{channel}",
        channel=channel,
        kind=message.kind,
        step=message.step,
        source=message.source,
        digest=message.digest,
        person=message.person,
        address=message.address if message.person is None else "",
        target=target_of(channel, message.address),
        incident_id=about.pk if about is not None else None,
        incident_ref=about.ref if about is not None else "",
        subject_line=one_line(message.subject_line, 200),
        text=_CONTROL.sub("", message.text),
        html=_CONTROL.sub("", message.html),
        url=one_line(url, 500),
        context=message.context,
        state=state,
        due_at=due_at,
        next_attempt_at=None if is_settled else leaves_at,
        cancelled_reason=one_line(ruled.because, 200),
        expires_at=message.expires_at,
        created_at=moment,
        sent_at=moment if is_there else None,
        settled_at=moment if is_settled else None,
    )


_FIELDS = Delivery._meta.concrete_fields
_COLUMNS = ", ".join(f'"{field.column}"' for field in _FIELDS)
_INSERT = (
    f'INSERT INTO "{Delivery._meta.db_table}" ({_COLUMNS}) SELECT {_COLUMNS} FROM '  # noqa: S608
    f'json_populate_recordset(NULL::"{Delivery._meta.db_table}", %s::json) '
    "ON CONFLICT (key) DO NOTHING"
)


def _insert(rows: Sequence[Delivery]) -> None:
    """Write the rows as one JSON argument: an eighth of what ``bulk_create`` costs in the sweep."""
    values = [{field.column: getattr(row, field.attname) for field in _FIELDS} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [json.dumps(values, default=str)])


def one_line(text: str, limit: int) -> str:
    """``text`` without line ends and control characters, cut to ``limit`` characters."""
    line = _CONTROL.sub("", " ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"
