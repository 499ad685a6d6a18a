"""Telling people; cancelling what has not left, reading, replaying. How it leaves: ``sending``."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from api.rendering import in_json
from clock.queries import now
from live.bell import ring_task
from notifications.about import About
from notifications.messages import AboutAccount, ChannelTest
from notifications.models import SEALED_LINK, Channel, Delivery, State, key_for
from notifications.outbox import Message, one_line, queue_deliveries
from people.account_mail import AccountMail
from people.models import User
from people.sealing import seal
from refusals.errors import NotVisible

TEST_LIVES = timedelta(hours=1)


def tell(
    about: About | None,
    people: Iterable[User],
    kind: str,
    line: str,
    text: str,
    *,
    key: str,
    step: str = "",
    source: str = "",
    url: str | None = None,
    channels: tuple[str, ...] | None = None,
    context: dict[str, Any] | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Tell ``people`` something about ``about``, in the caller's transaction.

    ``kind`` is the name of a registered class (``notifications.kinds``; else ``LookupError``),
    which is asked right before a message leaves whether it is still true. ``line`` is the subject,
    ``text`` the words. ``key`` says what for: the same key reaches the same person once, for as
    long as the delivery is kept (``config.retention``: 90 days, and while its incident is open).
    It stands in the product at once and goes by mail as each person prefers, unless ``channels``
    says which; ``url`` is the page of ``about`` unless given. ``source`` names the obligation for
    ``cancel_deliveries``; ``context`` is what the kind has to remember. The verdict about each
    person is asked now and when the message leaves. Two queries besides those of the verdict, none
    for nobody.
    """
    queue_deliveries(
        [
            Message(
                key=key_for(key, person),
                kind=kind,
                step=step,
                source=source,
                about=about,
                person=person,
                channels=channels,
                subject_line=line,
                text=text,
                url=url,
                context=context or {},
                expires_at=expires_at,
            )
            for person in people
        ]
    )


@transaction.atomic(savepoint=False)
def cancel_deliveries(
    *,
    reason: str,
    source: str | None = None,
    incident_id: int | None = None,
    person: User | None = None,
    target: str = "",
    kinds: Sequence[str] = (),
) -> int:
    """Cancel what has not left yet and fits every given selection; answers how many rows.

    ``source``, ``incident_id``, ``person`` or ``target`` is required. A row that is being
    sent right now ends as sent if that succeeds, as cancelled if not, and is never tried again.
    Twice is once.
    """
    if source is None and incident_id is None and person is None and not target:
        raise ValueError("cancel_deliveries needs a source, an incident, a person or a target")
    rows = Delivery.objects.underway()
    if source is not None:
        rows = rows.filter(source=source)
    if incident_id is not None:
        rows = rows.filter(incident_id=incident_id)
    if person is not None:
        rows = rows.filter(person=person)
    if target:
        rows = rows.filter(target=target)
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


def change_words(incident_id: int, change: Callable[[str], str]) -> int:
    """Let ``change`` rewrite the words of every message about an incident, also of several.

    Those in inboxes and those that have not left; answers how many rows it changed. What left as
    mail cannot be called back. In the caller's transaction, one query and one a changed row.
    """
    about = Q(incident_id=incident_id) | Q(context__incidents__contains=incident_id)
    changed = 0
    for row in Delivery.objects.filter(about).select_for_update(no_key=True).order_by("id"):
        before = (row.subject_line, row.text, row.html, row.context)
        row.subject_line, row.text = change(row.subject_line), change(row.text)
        row.context = in_json(row.context, change)
        if (row.subject_line, row.text, row.context) == (before[0], before[1], before[3]):
            continue
        if row.subject_line.endswith("…"):
            # Cut short, so that the words are not found in it.
            row.subject_line = row.incident_ref or row.get_channel_display()
        # Made of the same words, and a mail is whole without it.
        row.subject_line, row.html = one_line(row.subject_line, 200), ""
        row.save(update_fields=["subject_line", "text", "html", "context"])
        changed += 1
    return changed


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


def queue_account_mail(mail: AccountMail) -> None:
    """Queue a mail about an account, whatever its person prefers, in the caller's transaction.

    Its link is stored sealed and opened when the mail leaves.
    """
    queue_deliveries(
        [
            Message(
                key=mail.key,
                kind=AboutAccount.name,
                person=mail.person,
                address=mail.address,
                channels=(Channel.EMAIL,),
                subject_line=mail.subject_line,
                text=mail.text,
                context={SEALED_LINK: seal(mail.link)} if mail.link else {},
                expires_at=mail.expires_at,
            )
        ]
    )


def queue_test(channel: str, *, by: User) -> None:
    """Send ``by`` a message by ``channel``, whatever they prefer, to see whether it arrives.

    Goes the way of every delivery; an hour later it is not worth sending any more. Each is a new
    one.
    """
    tell(
        None,
        [by],
        ChannelTest.name,
        "A test from Endstate",
        "You asked for this message to see whether it arrives. It has.",
        key=f"test:{uuid4()}",
        channels=(channel,),
        expires_at=now() + TEST_LIVES,
    )
