"""Writing the outbox: queue, cancel, read, replay. Sending stands in ``sending``."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from clock.queries import now
from live.bell import ring_task
from notifications.models import SEALED_LINK, Channel, Delivery, State
from people.letters import Letter
from people.models import User
from people.sealing import seal
from refusals.errors import NotVisible

GATHER = timedelta(seconds=5)
"""How long messages of one digest wait for each other."""
TEST_LIVES = timedelta(hours=1)

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Message:
    """What is to be said to one recipient; becomes one ``Delivery`` row per channel.

    ``key`` says what for, without the channel, and counts once for ever. A ``person`` gets it in
    the product always and by mail as they prefer; an ``address`` needs its one channel in
    ``channels``. ``source`` names the obligation (``deadline:17``) for ``cancel_deliveries``.
    ``due_at`` (default: now) is when it may leave, ``expires_at`` when it is no longer worth it.
    Messages to one person with the same ``digest`` that wait together leave as one.
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
    incident_id: int | None = None
    incident_ref: str = ""
    html: str = ""
    url: str = ""
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


def queue_delivery(
    *,
    key: str,
    kind: str,
    subject_line: str,
    text: str,
    person: User | None = None,
    address: str = "",
    channels: tuple[str, ...] | None = None,
    step: str = "",
    source: str = "",
    digest: str = "",
    incident_id: int | None = None,
    incident_ref: str = "",
    html: str = "",
    url: str = "",
    context: dict[str, Any] | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Queue one message in the caller's transaction; the arguments are those of ``Message``.

    Twice the same key is once. Two queries.
    """
    queue_deliveries(
        [
            Message(
                key=key,
                kind=kind,
                subject_line=subject_line,
                text=text,
                person=person,
                address=address,
                channels=channels,
                step=step,
                source=source,
                digest=digest,
                incident_id=incident_id,
                incident_ref=incident_ref,
                html=html,
                url=url,
                context=context or {},
                due_at=due_at,
                expires_at=expires_at,
            )
        ]
    )


def queue_deliveries(
    messages: Sequence[Message], *, at: datetime | None = None, rings: bool = True
) -> None:
    """Queue many messages in the caller's transaction, in one statement.

    ``at`` spares the query for the present moment. What is addressed inside the product and due
    is there at once; the rest is sent after commit, whether or not the bell that asks for it
    arrives; whoever writes many rows in many transactions rings once by itself (``rings=False``).
    A key that exists already is left as it is.
    """
    if not messages:
        return
    moment = at or now()
    rows = [
        _row(message, channel, moment) for message in messages for channel in message.by_channels()
    ]
    # Two transactions that write the same keys in another order would wait for each other.
    rows.sort(key=lambda row: row.key)
    _insert(rows)
    if rings:
        for channel in {row.channel for row in rows if row.state == State.PENDING}:
            ring_task("notifications.tasks.send_due", channel)


def _row(message: Message, channel: str, moment: datetime) -> Delivery:
    due_at = message.due_at or moment
    leaves_at = due_at + GATHER if message.digest else due_at
    is_there = channel == Channel.IN_APP and due_at <= moment
    return Delivery(
        key=f"{message.key}/{channel}",
        channel=channel,
        kind=message.kind,
        step=message.step,
        source=message.source,
        digest=message.digest,
        person=message.person,
        address=message.address if message.person is None else "",
        incident_id=message.incident_id,
        incident_ref=message.incident_ref,
        subject_line=one_line(message.subject_line, 200),
        text=_CONTROL.sub("", message.text),
        html=_CONTROL.sub("", message.html),
        url=one_line(message.url, 500),
        context=message.context,
        state=State.SENT if is_there else State.PENDING,
        due_at=due_at,
        next_attempt_at=None if is_there else leaves_at,
        expires_at=message.expires_at,
        created_at=moment,
        sent_at=moment if is_there else None,
        settled_at=moment if is_there else None,
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


@transaction.atomic(savepoint=False)
def cancel_deliveries(
    *,
    reason: str,
    source: str | None = None,
    incident_id: int | None = None,
    person: User | None = None,
    kinds: Sequence[str] = (),
) -> int:
    """Cancel what has not left yet and fits every given selection; answers how many rows.

    ``source`` or ``incident_id`` or ``person`` is required. A row that is being sent right now
    ends as sent if that succeeds, as cancelled if not, and is never tried again. Twice is once.
    """
    if source is None and incident_id is None and person is None:
        raise ValueError("cancel_deliveries needs a source, an incident or a person")
    rows = Delivery.objects.underway()
    if source is not None:
        rows = rows.filter(source=source)
    if incident_id is not None:
        rows = rows.filter(incident_id=incident_id)
    if person is not None:
        rows = rows.filter(person=person)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    reason = one_line(reason, 200)
    locked = rows.order_by("id").select_for_update(no_key=True).values_list("pk", "state")
    found = list(locked)
    if not found:
        return 0
    waiting = [pk for pk, state in found if state == State.PENDING]
    leaving = [pk for pk, state in found if state == State.SENDING]
    Delivery.objects.filter(pk__in=waiting).update(
        state=State.CANCELLED, cancelled_reason=reason, next_attempt_at=None, settled_at=now()
    )
    if leaving:
        Delivery.objects.filter(pk__in=leaving).update(cancelled_reason=reason)
    return len(waiting)


@transaction.atomic
def mark_read(delivery_id: UUID | str, *, by: User) -> Delivery:
    """Note that ``by`` has read a message of their inbox. Twice keeps the first moment.

    Raises ``NotVisible`` for anybody else's message.
    """
    row = Delivery.objects.inbox_of(by.pk).select_for_update(no_key=True)
    delivery = row.filter(pk=delivery_id).first()
    if delivery is None:
        raise NotVisible
    if delivery.read_at is None:
        delivery.read_at = now()
        delivery.save(update_fields=["read_at"])
    return delivery


@transaction.atomic
def mark_all_read(*, by: User) -> int:
    """Note that ``by`` has read everything in their inbox; answers how many were new."""
    unread = Delivery.objects.inbox_of(by.pk).unread().order_by()
    return unread.update(read_at=now())


@transaction.atomic
def replay_delivery(delivery_id: UUID | str) -> Delivery:
    """Try a dead delivery again from the start, with the same Message-ID, for another 72 hours.

    Who may ask is the caller's question. A row that is not dead stays as it is. Raises
    ``NotVisible`` for an unknown id.
    """
    rows = Delivery.objects.select_for_update(no_key=True, of=("self",)).select_related("person")
    delivery = rows.filter(pk=delivery_id).first()
    if delivery is None:
        raise NotVisible
    if delivery.state != State.DEAD:
        return delivery
    moment = now()
    delivery.state = State.PENDING
    delivery.due_at = delivery.next_attempt_at = moment
    delivery.settled_at = delivery.expires_at = None
    delivery.crashes = 0
    delivery.replays += 1
    delivery.save()
    ring_task("notifications.tasks.send_due", delivery.channel)
    return delivery


def queue_letter(letter: Letter) -> None:
    """Queue a mail about an account, whatever its person prefers, in the caller's transaction.

    Its link is stored sealed and opened when the mail leaves.
    """
    queue_delivery(
        key=letter.key,
        kind="account",
        person=letter.person,
        address=letter.address,
        channels=(Channel.EMAIL,),
        subject_line=letter.subject_line,
        text=letter.text,
        context={SEALED_LINK: seal(letter.link)} if letter.link else {},
        expires_at=letter.expires_at,
    )


def queue_test(channel: str, *, by: User) -> None:
    """Send ``by`` a message by ``channel``, whatever they prefer, to see whether it arrives.

    Goes the way of every delivery; an hour later it is not worth sending any more. Each is a new
    one.
    """
    queue_delivery(
        key=f"test:{uuid4()}",
        kind="test",
        person=by,
        channels=(channel,),
        subject_line="A test from Endstate",
        text="You asked for this message to see whether it arrives. It has.",
        expires_at=now() + TEST_LIVES,
    )


Relevance = Callable[[Delivery], str | None]
_relevance: dict[str, list[Relevance]] = {}


def register_relevance(kind: str, why_not: Relevance) -> None:
    """Ask ``why_not(delivery)`` right before a delivery of ``kind`` (``"*"``: any) is sent.

    It answers why the message is stale (which cancels it with that reason) or ``None``. It runs
    outside a transaction and must not write. Registering the same function twice is once.
    """
    asked = _relevance.setdefault(kind, [])
    if why_not not in asked:
        asked.append(why_not)


def why_stale(delivery: Delivery) -> str | None:
    """Why this delivery must not be sent any more, or ``None``. ``delivery.person`` is fresh."""
    if delivery.person is not None and not delivery.person.is_active:
        return "The account is not active."
    asked: list[Relevance] = [*_relevance.get(delivery.kind, []), *_relevance.get("*", [])]
    for why_not in asked:
        if (reason := why_not(delivery)) is not None:
            return reason
    return None
